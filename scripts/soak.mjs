// Runs the long tests in scripts/soak/*.ts, one process each: `npm run soak [-- name…]`.
// A soak states what it measured on standard output and exits non-zero when it is wrong.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './setup/paths.mjs';

const folder = join(root, 'scripts', 'soak');
const wanted = process.argv.slice(2);
const soaks = readdirSync(folder)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => ({ name: basename(name, '.ts'), path: join(folder, name) }))
  .filter(({ name }) => wanted.length === 0 || wanted.includes(name));

if (soaks.length === 0) {
  process.stderr.write(`no soak named ${wanted.join(', ')} in scripts/soak\n`);
  process.exit(2);
}

let failed = 0;
for (const { name, path } of soaks) {
  process.stdout.write(`== ${name}\n`);
  const started = Date.now();
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', path], { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed += 1;
  process.stdout.write(`== ${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
}
process.stdout.write(`${soaks.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
