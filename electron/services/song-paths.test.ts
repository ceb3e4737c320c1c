import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { songPaths } from './song-paths.ts';

it('takes files as they are and looks into folders', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stemwright-paths-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'album'));
  await mkdir(join(folder, 'empty'));
  for (const name of ['album/10 b.mp3', 'album/9 a.FLAC', 'album/cover.jpg', 'album/.hidden.wav', 'notes.txt']) {
    await writeFile(join(folder, name), '');
  }
  const path = (name: string) => join(folder, name);
  expect(await songPaths([path('album'), path('notes.txt'), path('gone.wav')])).toEqual(['album/9 a.FLAC', 'album/10 b.mp3', 'notes.txt', 'gone.wav'].map(path));
  await expect(songPaths([path('empty')])).rejects.toMatchObject({ code: 'input', message: expect.stringContaining('holds no songs') as string });
  await expect(songPaths(Array.from({ length: 1001 }, () => path('x.wav')))).rejects.toMatchObject({ code: 'usage' });
});
