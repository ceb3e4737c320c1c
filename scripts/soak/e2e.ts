// The end-to-end tests twenty times: whatever fails even once is named.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';

const repetitions = 20;

interface Suite {
  title: string;
  suites?: Suite[];
  specs: { title: string; tests: { status: string }[] }[];
}

/** How often each test ran, and how often it did not pass. */
function tally(suite: Suite, path: string[], into: Map<string, { runs: number; failures: number }>): void {
  const here = [...path, suite.title];
  for (const { title, tests } of suite.specs) {
    const name = [...here, title].join(' › ');
    const so = into.get(name) ?? { runs: 0, failures: 0 };
    const ran = tests.filter(({ status }) => status !== 'skipped');
    into.set(name, { runs: so.runs + ran.length, failures: so.failures + ran.filter(({ status }) => status !== 'expected').length });
  }
  for (const inner of suite.suites ?? []) tally(inner, here, into);
}

const report = join(root, 'build', 'e2e-soak.json');
const cli = join(root, 'node_modules', '@playwright', 'test', 'cli.js');
spawnSync(process.execPath, [cli, 'test', `--repeat-each=${repetitions}`, '--reporter=list,json'], {
  ...{ cwd: root, stdio: 'inherit' },
  env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: report },
});
const counts = new Map<string, { runs: number; failures: number }>();
for (const suite of (JSON.parse(readFileSync(report, 'utf8')) as { suites: Suite[] }).suites) tally(suite, [], counts);
const flaky = [...counts].filter(([, { failures }]) => failures > 0);
for (const [name, { runs, failures }] of flaky) process.stdout.write(`${failures} of ${runs} failed: ${name}\n`);
process.stdout.write(`${counts.size} tests, ${repetitions} times: ${flaky.length} not always passed\n`);
process.exitCode = counts.size > 0 && flaky.length === 0 ? 0 : 1;
