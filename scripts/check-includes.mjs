// Proves the arrows between the folders of native/, as docs/architecture.md draws them.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './setup/paths.mjs';
import { filesUnder } from './setup/stamps.mjs';

const engine = ['core', 'kernels', 'dsp', 'nn', 'gpu', 'pcm', 'models', 'rt', 'audio', 'platform', 'session', 'bench'];

/** @type {Record<string, string[]>} */
const arrows = {
  core: [],
  kernels: ['core'],
  dsp: ['core', 'kernels'],
  nn: ['core', 'kernels'],
  gpu: ['core'],
  pcm: ['core'],
  models: ['core', 'dsp', 'nn', 'gpu', 'pcm'],
  rt: ['core', 'dsp', 'pcm'],
  audio: ['core'],
  platform: ['core'],
  session: engine,
  addon: ['session', 'core'],
  bench: engine,
  profile: engine,
  tests: engine,
};

/** What a file compiled for one instruction set may take from outside: nothing with inline functions. */
const plainHeaders = new Set(['cstddef', 'cstdint', 'immintrin.h', 'smmintrin.h', 'arm_neon.h']);
const perIsa = /^kernels\/.*_(?:scalar|sse41|avx2|avx512|avx512bf16|amx|neon)\.cpp$/;

/** @typedef {Record<string, string>} Sources   path below native/ (with forward slashes) to text */

/** @param {string} text */
function includesOf(text) {
  return [...text.matchAll(/^[ \t]*#[ \t]*(?:include|import)[ \t]*([<"])([^>"]+)[>"]/gm)].map((match) => ({
    quoted: match[1] === '"',
    path: match[2] ?? '',
  }));
}

/** @param {string} path */
const folderOf = (path) => path.split('/')[0] ?? '';

/**
 * @param {string} file
 * @param {string} text
 * @param {Sources} sources
 */
function arrowFaults(file, text, sources) {
  const folder = folderOf(file);
  const allowed = arrows[folder];
  if (allowed === undefined) return [`${file}: native/${folder} has no place among the arrows`];
  return includesOf(text)
    .filter(({ quoted, path }) => quoted || folderOf(path) in arrows)
    .filter(({ path }) => !(folder === 'gpu' && path === 'shaders/args.h'))
    .flatMap(({ path }) => {
      if (!(path in sources)) return [`${file}: "${path}" is not a path below native/`];
      const target = folderOf(path);
      return target === folder || allowed.includes(target) ? [] : [`${file}: ${folder} may not include ${target} ("${path}")`];
    });
}

/**
 * A per-ISA file, and whatever it pulls in, stays within its own folder, the headers that all kernels share, and plain headers.
 * @param {string} file
 * @param {Sources} sources
 */
function isaFaults(file, sources) {
  const faults = [];
  const seen = new Set([file]);
  for (const current of seen) {
    for (const { quoted, path } of includesOf(sources[current] ?? '')) {
      const through = current === file ? '' : ` (through ${current})`;
      if (quoted && ['kernels', dirname(file)].includes(dirname(path))) seen.add(path);
      else if (quoted || !plainHeaders.has(path)) faults.push(`${file}: per-ISA code may not include ${path}${through}`);
    }
  }
  return faults;
}

/**
 * One line for each forbidden include.
 * @param {Sources} sources
 */
export function includeFaults(sources) {
  return Object.entries(sources).flatMap(([file, text]) => [
    ...arrowFaults(file, text, sources),
    ...(perIsa.test(file) ? isaFaults(file, sources) : []),
  ]);
}

function main() {
  const native = join(root, 'native');
  const files = filesUnder(native).filter((path) => /\.(?:cpp|h|mm)$/.test(path));
  const sources = Object.fromEntries(
    files.map((path) => [relative(native, path).replaceAll('\\', '/'), readFileSync(path, 'utf8')]),
  );
  const faults = includeFaults(sources);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
