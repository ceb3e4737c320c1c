// The native tests under AddressSanitizer and UndefinedBehaviorSanitizer, then under ThreadSanitizer: builds both into build/asan and
// build/tsan, and runs every suite in each, as many at once as there are processors. `npm run test:sanitize [-- asan|tsan] [SUITE…]`.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from './setup/paths.mjs';

const presets = ['asan', 'tsan'];
const words = process.argv.slice(2);
const chosen = presets.filter((preset) => words.includes(preset));
const suites = words.filter((word) => !presets.includes(word));

/** @param {string} command @param {string[]} args */
function succeeds(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

/** @param {string} preset @returns {'passed' | 'failed' | 'not built'} */
function runOf(preset) {
  const isBuilt = succeeds('cmake', ['--preset', preset]) && succeeds('cmake', ['--build', '--preset', preset]);
  if (!isBuilt) return 'not built';
  const only = suites.length === 0 ? [] : ['-R', `^native_(${suites.join('|')})$`];
  return succeeds('ctest', ['--preset', preset, '-j', String(availableParallelism()), ...only]) ? 'passed' : 'failed';
}

// What one of the two finds does not keep the other from being run.
const results = (chosen.length === 0 ? presets : chosen).map((preset) => ({ preset, result: runOf(preset), log: join('build', preset, 'Testing', 'Temporary', 'LastTest.log') }));
for (const { preset, result, log } of results) process.stdout.write(`${preset}: ${result}, see ${log}\n`);
process.stdout.write('left out: whole models at each instruction set (native_models_LEVEL), which run at the best one only; traps of allocations and limits of time\n');
process.exitCode = results.every(({ result }) => result === 'passed') ? 0 : 1;
