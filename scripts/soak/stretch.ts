// An hour of a song at other pitches and tempos, as fast as it goes: the end is as far from its place as the beginning is.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

const tests = join(root, 'build', 'release', 'native', 'tests', 'stemwright_tests');
const isBuilt = run(process.execPath, 'scripts/setup.mjs', 'test') && run('cmake', '--build', '--preset', 'release', '--target', 'stemwright_tests');
process.exitCode = isBuilt && run(tests, '--test-suite=rt', '--test-case=an hour of a song*', '--no-skip', '--no-intro') ? 0 : 1;
