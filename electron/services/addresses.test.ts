import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressSegments } from './addresses.ts';
import { openTestStudio, type TestStudio } from './testing-studio.ts';

describe('an address', () => {
  it.each([
    ['', ['']],
    ['tracks/a%20b/c', ['tracks', 'a b', 'c']],
    ['assets/', ['assets', '']],
  ])('%j', (path, segments) => {
    expect(addressSegments(path)).toEqual(segments);
  });

  it.each(['/etc/passwd', 'a//b', '..', 'a/../b', 'a/./b', '%2e%2e/a', 'a/%2e', 'a%2fb', 'a%5cb', 'a\\b', '%00', '%', '%ff'])('%j is none', (path) => {
    expect(addressSegments(path)).toBeNull();
  });
});

describe('content', () => {
  let studio: TestStudio;
  let project: string;
  beforeAll(async () => {
    studio = await openTestStudio();
    project = await studio.addProject();
  });
  afterAll(() => studio.close());
  const find = (address: string) => studio.studio.content(addressSegments(address) ?? []);

  it('tracks of a project are files', async () => {
    const folder = join(studio.data, 'projects', 'A song');
    for (const [address, path] of [['original.f32', 'original.f32'], ['residual.peaks', 'residual.peaks'], ['stems/lead%20vocals.f32', 'stems/lead vocals.f32']] as const) {
      expect(await find(`tracks/project/${project}/${address}`)).toMatchObject({ kind: 'file', path: join(folder, path), saveAs: null });
    }
  });

  it('a tile of a spectrum is bytes', async () => {
    const tile = await find(`tracks/project/${project}/stems/drums.spectrum/0/0`);
    expect(tile?.kind === 'bytes' && tile.bytes.length).toBe(256 * 256);
  });

  const nothing = (id: string) => [
    '', 'tracks', 'downloads', `downloads/${id}`, `downloads/${id}/x`, `tracks/project/${id}`, `tracks/other/${id}/original.f32`,
    ...['original', 'original.wav', 'project.json', 'stems', 'stems/drums', 'stems/bass.f32', 'stems/residual.f32', 'drums.f32', 'original.f32/0', 'x/stems/drums.f32'].map((rest) => `tracks/project/${id}/${rest}`),
    ...['', '/0', '/0/', '/0/0/0', '/-1/0', '/0/-1', '/0/1', '/1/0', '/0x0/0', '/00/0', '/0/1e3', '/999999999/0', '/0/999999999', '/9999999999/0', '/99999999999999999999/0'].map((rest) => `tracks/project/${id}/original.spectrum${rest}`),
    ...['0.f32', '99.f32', '-1.f32', '0.spectrum/0/0', 'original.f32'].map((rest) => `tracks/job/${id}/${rest}`),
  ];
  it('lies nowhere else', async () => {
    for (const address of nothing(project)) {
      expect(await find(address), address).toBeNull();
    }
    for (const id of [randomUUID(), 'x', '', project.toUpperCase()]) {
      expect(await find(`tracks/project/${id}/original.f32`), id).toBeNull();
      expect(await find(`tracks/project/${id}/original.spectrum/0/0`), id).toBeNull();
    }
  });
});
