// clang-format over native/: checks, or with --write corrects.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup/paths.mjs';
import { filesUnder } from './setup/stamps.mjs';

const files = filesUnder(join(root, 'native')).filter((path) => /\.(?:cpp|h|mm)$/.test(path));
const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '-Werror'];
const { status, error } = spawnSync('clang-format', ['--style=file', ...mode, ...files], { stdio: 'inherit' });
if (error !== undefined) throw error;
if (status !== 0) process.stderr.write('C++ formatting differs: npm run format\n');
process.exitCode = status ?? 1;
