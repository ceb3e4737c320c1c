import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { moveToTrash, revealFolder } from './system.ts';
import { findBrowser } from './window.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-system-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function song(): Promise<string> {
  const path = join(folder, 'projects', 'Söng 1');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'project.json'), '{}');
  return path;
}

describe('the trash', () => {
  it('of freedesktop.org keeps the folder with a note on where it was', async () => {
    const env = { XDG_DATA_HOME: join(folder, 'data') };
    const trash = join(folder, 'data', 'Trash');
    for (const name of ['Söng 1', 'Söng 1 2']) {
      await moveToTrash(await song(), env, 'linux', folder);
      expect(await readdir(join(trash, 'files', name))).toEqual(['project.json']);
      const note = await readFile(join(trash, 'info', `${name}.trashinfo`), 'utf8');
      expect(note).toMatch(/^\[Trash Info\]\nPath=\/.*\/projects\/S%C3%B6ng%201\nDeletionDate=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\n$/);
    }
    expect(await readdir(join(folder, 'projects'))).toEqual([]);
  });

  it('of a Mac keeps the folder', async () => {
    await moveToTrash(await song(), {}, 'darwin', folder);
    await moveToTrash(await song(), {}, 'darwin', folder);
    expect((await readdir(join(folder, '.Trash'))).sort()).toEqual(['Söng 1', 'Söng 1 2']);
  });

  it('that cannot be reached leaves the folder where it is', async () => {
    const path = await song();
    await expect(moveToTrash(path, {}, 'win32', folder)).rejects.toMatchObject({ code: 'usage' });
    await writeFile(join(folder, 'file'), '');
    await expect(moveToTrash(path, { XDG_DATA_HOME: join(folder, 'file') }, 'linux', folder)).rejects.toMatchObject({ code: 'output' });
    expect(await readdir(path)).toEqual(['project.json']);
    await expect(moveToTrash(join(folder, 'gone'), { XDG_DATA_HOME: folder }, 'linux', folder)).rejects.toMatchObject({ code: 'output' });
    expect(await readdir(join(folder, 'Trash', 'info'))).toEqual([]);
  });
});

it("a folder is shown in the system's file manager, and it is said when that is not there", async () => {
  const launch = vi.fn(() => Promise.resolve());
  for (const platform of ['linux', 'darwin', 'win32'] as const) await revealFolder(platform)('/music', launch);
  expect(launch.mock.calls).toEqual([
    ['xdg-open', ['/music']],
    ['open', ['-R', '/music']],
    ['explorer', ['/select,/music']],
  ]);
  await expect(revealFolder('linux')('/music', () => Promise.reject(new Error('xdg-open: not found')))).rejects.toMatchObject({
    ...{ code: 'usage', message: 'the file manager cannot be opened (xdg-open: not found)', hint: 'The folder is /music.' },
  });
});

it.runIf(process.platform !== 'win32')('a window needs a browser and a display', async () => {
  const browser = join(folder, 'chromium');
  await writeFile(browser, '#!/bin/sh\n');
  const env = { PATH: `/nowhere:${folder}`, DISPLAY: ':0' };
  expect(findBrowser(env, 'linux')).toBeNull();
  await chmod(browser, 0o755);
  expect(findBrowser(env, 'linux')).toBe(browser);
  expect(findBrowser({ ...env, DISPLAY: '', WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).toBe(browser);
  expect(findBrowser({ ...env, DISPLAY: '' }, 'linux')).toBeNull();
  expect(findBrowser({ DISPLAY: ':0' }, 'linux')).toBeNull();
});
