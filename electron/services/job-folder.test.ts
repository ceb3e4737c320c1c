import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JobFolder } from './job-folder.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'stemwright-job-'));
});
afterEach(() => rm(parent, { recursive: true }));

async function publish(song: string): Promise<string> {
  const job = await JobFolder.create(parent);
  await writeFile(join(job.resultPath, 'a.wav'), '');
  const path = await job.publish(song, (final) => Promise.resolve(final));
  await job.remove();
  return path;
}

describe('publishing', () => {
  it('gives each song of one name a folder of its own', async () => {
    expect(await publish('song')).toBe(join(parent, 'song'));
    expect(await publish('song')).toBe(join(parent, 'song (2)'));
    expect(await publish('song')).toBe(join(parent, 'song (3)'));
    expect((await readdir(parent)).sort()).toEqual(['song', 'song (2)', 'song (3)']);
    expect(await readdir(join(parent, 'song (2)'))).toEqual(['a.wav']);
  });

  it('leaves an existing folder alone, even an empty one or a file of that name', async () => {
    await mkdir(join(parent, 'song'));
    await writeFile(join(parent, 'song (2)'), 'mine');
    expect(await publish('song')).toBe(join(parent, 'song (3)'));
    expect(await readdir(join(parent, 'song'))).toEqual([]);
  });

  it('that fails leaves no final folder', async () => {
    const job = await JobFolder.create(parent);
    await expect(job.publish('song', () => Promise.reject(new Error('full')))).rejects.toThrow('full');
    await job.remove();
    expect(await readdir(parent)).toEqual([]);
  });
});

describe('an output folder that had to be made', () => {
  it('goes again with a job that came to nothing', async () => {
    const job = await JobFolder.create(join(parent, 'new', 'deep'));
    await job.remove();
    expect(await readdir(parent)).toEqual([]);
  });

  it('goes at the end of the process too', async () => {
    const job = await JobFolder.create(join(parent, 'new', 'deep'));
    job.removeNow();
    expect(await readdir(parent)).toEqual([]);
    await job.remove();
  });

  it('stays when something else has come into it', async () => {
    const job = await JobFolder.create(join(parent, 'new'));
    await writeFile(join(parent, 'new', 'other'), '');
    await job.remove();
    expect(await readdir(join(parent, 'new'))).toEqual(['other']);
  });
});
