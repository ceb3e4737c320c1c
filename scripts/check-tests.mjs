// Proves that no native test can silently not run: each lies in the suite of its folder, and ctest runs that suite.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './setup/paths.mjs';
import { filesUnder } from './setup/stamps.mjs';

/** @typedef {Record<string, string>} Sources   path below native/tests (with forward slashes) to text */

/**
 * Comments and string contents blanked, so that braces in them do not count; suite names are kept.
 * @param {string} text
 */
function code(text) {
  return text.replace(
    /(TEST_SUITE(?:_BEGIN)?\s*\(\s*"[^"]*")|\/\/[^\n]*|\/\*[\s\S]*?\*\/|R"([^(\s]*)\([\s\S]*?\)\2"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)'/g,
    (match, suite) => (suite === undefined ? match.replaceAll(/[^\n]/g, ' ') : match),
  );
}

/**
 * The test cases of one file, each with the suite around it.
 * @param {string} text
 */
export function testCases(text) {
  const cases = [];
  /** @type {{ name: string, depth: number }[]} */
  const suites = [];
  const tokens = /TEST_SUITE\s*\(\s*"([^"]*)"\s*\)\s*\{|TEST_(?:CASE|CASE_TEMPLATE|CASE_FIXTURE)\s*\(|[{}]/g;
  const blanked = code(text);
  let depth = 0;
  for (const match of blanked.matchAll(tokens)) {
    if (match[0].startsWith('TEST_CASE')) {
      const line = blanked.slice(0, match.index).split('\n').length;
      cases.push({ line, suite: suites.at(-1)?.name });
      continue;
    }
    if (match[1] !== undefined) suites.push({ name: match[1], depth });
    if (match[0] !== '}') depth += 1;
    else if ((depth -= 1) === suites.at(-1)?.depth) suites.pop();
  }
  return cases;
}

/**
 * The suites that native/tests/CMakeLists.txt hands to ctest.
 * @param {string} cmake
 */
export function registeredSuites(cmake) {
  return (/foreach\(suite\s+([^)]*)\)/.exec(cmake)?.[1] ?? '').split(/\s+/).filter(Boolean);
}

/**
 * One line for each test that would not run, or not where its folder says.
 * @param {Sources} sources
 * @param {string[]} registered
 */
export function testFaults(sources, registered) {
  const tests = Object.entries(sources).filter(([file]) => file.endsWith('_test.cpp'));
  const misplaced = tests.flatMap(([file, text]) => {
    const folder = file.split('/')[0] ?? '';
    const cases = testCases(text);
    if (cases.length === 0) return [`${file}: holds no TEST_CASE`];
    return cases
      .filter(({ suite }) => suite !== folder)
      .map(({ line, suite }) => `${file}:${line}: TEST_CASE is in ${suite ?? 'no suite'}, not in TEST_SUITE("${folder}")`);
  });
  const misnamed = Object.entries(sources)
    .filter(([file, text]) => !file.endsWith('_test.cpp') && testCases(text).length > 0)
    .map(([file]) => `${file}: holds tests, so its name must end in _test.cpp`);
  const folders = new Set(tests.map(([file]) => file.split('/')[0] ?? ''));
  const unrun = [...folders]
    .filter((folder) => !registered.includes(folder))
    .map((folder) => `${folder}: ctest does not run this suite; add it to native/tests/CMakeLists.txt`);
  const empty = registered
    .filter((suite) => !folders.has(suite))
    .map((suite) => `${suite}: registered with ctest, but native/tests/${suite} holds no test`);
  return [...misplaced, ...misnamed, ...unrun, ...empty];
}

function main() {
  const folder = join(root, 'native', 'tests');
  const files = filesUnder(folder).filter((path) => /\.(?:cpp|h)$/.test(path));
  const sources = Object.fromEntries(
    files.map((path) => [relative(folder, path).replaceAll('\\', '/'), readFileSync(path, 'utf8')]),
  );
  const faults = testFaults(sources, registeredSuites(readFileSync(join(folder, 'CMakeLists.txt'), 'utf8')));
  for (const fault of faults) process.stderr.write(`native/tests/${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
