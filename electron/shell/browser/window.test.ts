import { access, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openWindow } from './window.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-window-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A browser that notes its arguments and the process that it starts, and then does what `rest` says. */
async function browser(rest: string): Promise<string> {
  const path = join(folder, 'browser');
  await writeFile(path, `#!/bin/sh\ncd ${folder}\ntail -f /dev/null & echo $! > child\nprintf '%s\\n' "$@" > arguments.new\nmv arguments.new arguments\n${rest}\n`);
  await chmod(path, 0o755);
  return path;
}

async function noted(): Promise<{ profile: string; app: string; child: number }> {
  const lines = await vi.waitFor(async () => (await readFile(join(folder, 'arguments'), 'utf8')).split('\n'));
  const flag = (name: string) => lines.find((line) => line.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';
  return { profile: flag('user-data-dir'), app: flag('app'), child: Number(await readFile(join(folder, 'child'), 'utf8')) };
}

const isAlive = async (pid: number) => {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return status !== '' && !status.includes(') Z ');
};

describe.runIf(process.platform === 'linux')('a window', () => {
  it('takes all of its processes and its profile with it', async () => {
    const window = await openWindow(await browser('wait'), 'http://127.0.0.1:1/token/');
    const { profile, app, child } = await noted();
    expect(app).toBe('http://127.0.0.1:1/token/');
    await access(profile);
    expect(await isAlive(child)).toBe(true);
    await window.close();
    await window.closed;
    await expect(access(profile)).rejects.toMatchObject({ code: 'ENOENT' });
    await vi.waitFor(async () => {
      expect(await isAlive(child)).toBe(false);
    });
  });

  it('says when it has been closed by hand', async () => {
    const window = await openWindow(await browser('kill $(cat child)'), 'http://127.0.0.1:1/token/');
    await window.closed;
    const { profile } = await noted();
    await window.close();
    await expect(access(profile)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that cannot be opened counts as closed', async () => {
    const window = await openWindow(join(folder, 'none'), 'http://127.0.0.1:1/token/');
    await window.closed;
    await window.close();
  });
});
