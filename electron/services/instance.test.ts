import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { holdFolder } from './instance.ts';

const anyFolder = () => `/stemwright-test/${process.pid}-${Math.random()}`;

it('a folder belongs to one at a time', async () => {
  const folder = anyFolder();
  const held = await holdFolder(folder);
  await expect(holdFolder(folder)).rejects.toMatchObject({ code: 'usage', message: 'the studio is open already' });
  const other = await holdFolder(anyFolder());
  await held.release();
  const again = await holdFolder(folder);
  await Promise.all([again.release(), other.release()]);
});

it('a process that was killed holds nothing', async () => {
  const folder = anyFolder();
  const code = `await (await import(${JSON.stringify(import.meta.resolve('./instance.ts'))})).holdFolder(${JSON.stringify(folder)}); console.log('held'); setInterval(() => undefined, 1e6);`;
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await expect(holdFolder(folder)).rejects.toMatchObject({ code: 'usage' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await holdFolder(folder)).release();
});
