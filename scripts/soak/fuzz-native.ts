/** libFuzzer over the native readers of weights and tracks: `npm run soak fuzz-native`, or `tsx scripts/soak/fuzz-native.ts [SECONDS]` for each. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { which } from '../setup/packages.mjs';
import { root } from '../setup/paths.mjs';

const seconds = Number(process.argv[2] ?? 60);
const versions = [20, 19, 18, 17, 16, 15, 14].map((version) => `clang++-${version}`);
const compiler = ['clang++', ...versions].map(which).find((path) => path !== undefined);
const install = 'install it with: apt-get install clang-14 libclang-rt-14-dev (macOS: brew install llvm)';

function run(command: string, args: string[], cwd = root): boolean {
  return spawnSync(command, args, { cwd, stdio: 'inherit' }).status === 0;
}

/** libFuzzer's findings and its corpus lie in a folder of their own; a finding is left there. */
function fuzz(name: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), `stemwright-${name}-`));
  const program = join(root, 'build', 'fuzz', 'native', 'tests', 'fuzz', name);
  const limits = [`-max_total_time=${seconds}`, '-timeout=10', '-rss_limit_mb=1024', '-malloc_limit_mb=64', '-max_len=2048'];
  const found = !run(program, [...limits, '-verbosity=0', '-print_funcs=0', '-print_final_stats=1', folder], folder);
  if (found) {
    process.stderr.write(`${name} failed; the input lies in ${folder}\n`);
  } else {
    rmSync(folder, { recursive: true });
  }
  return !found;
}

if (compiler === undefined) {
  process.stderr.write(`fuzzing needs Clang with libFuzzer; ${install}\n`);
  process.exitCode = 1;
} else if (
  !run('cmake', ['--preset', 'fuzz', `-DCMAKE_CXX_COMPILER=${compiler}`, '--log-level=WARNING']) ||
  !run('cmake', ['--build', '--preset', 'fuzz'])
) {
  process.stderr.write(`the fuzzers did not build with ${compiler}; if its libFuzzer is missing, ${install}\n`);
  process.exitCode = 1;
} else {
  process.exitCode = ['weight_file_fuzz', 'track_fuzz'].map(fuzz).every(Boolean) ? 0 : 1;
}
