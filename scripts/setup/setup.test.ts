import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decide, installLine } from './install.mjs';
import { withLock } from './lock.mjs';
import { atLeast, missing, versionIn } from './packages.mjs';
import { tellingLine } from './process.mjs';
import { fingerprint, filesUnder } from './stamps.mjs';
import { outdatedModules } from './steps.mjs';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'setup-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('versions', () => {
  it.each([
    ['cmake version 3.25.1\n\nCMake suite', [3, 25, 1]],
    ['Debian clang-format version 14.0.6', [14, 0, 6]],
    ['1.11.1\n', [1, 11, 1]],
    ['Apple clang version 15.0.0 (clang-1500.3.9.4)', [15, 0, 0]],
    ['no number', []],
  ])('reads %j', (text, version) => {
    expect(versionIn(text)).toEqual(version);
  });

  it.each([
    [[12], [12], true],
    [[12, 2], [12], true],
    [[3, 22, 9], [3, 25], false],
    [[4, 0], [3, 25], true],
    [[], [1], false],
  ])('%j is at least %j: %j', (version, least, answer) => {
    expect(atLeast(version, least)).toBe(answer);
  });
});

describe('system packages', () => {
  const situation = { manager: 'apt', root: false, terminal: false, forbidden: false } as const;

  it('installs by itself only as root with apt', () => {
    expect(decide({ ...situation, root: true })).toBe('install');
    expect(decide({ ...situation, root: true, manager: 'brew' })).toBe('tell');
    expect(decide({ ...situation, terminal: true })).toBe('ask');
    expect(decide(situation)).toBe('tell');
  });

  it('only tells when installing is forbidden', () => {
    expect(decide({ ...situation, root: true, terminal: true, forbidden: true })).toBe('tell');
  });

  it('writes a line that can be pasted', () => {
    expect(installLine('apt', ['g++', 'cmake'], true)).toBe('apt-get install -y --no-install-recommends g++ cmake');
    expect(installLine('apt', ['ffmpeg'], false)).toBe('sudo apt-get install -y --no-install-recommends ffmpeg');
    expect(installLine('brew', ['ffmpeg-full'], false)).toContain('brew link --overwrite --force ffmpeg-full');
  });

  it('lists what is missing with what was found instead', () => {
    const tool = { name: 'tool', purposes: [], packages: { apt: '', brew: '', choco: '' }, files: () => [] };
    const lacking = { ...tool, probe: () => ({ ok: false, found: '1.0 is older than 2' }) as const };
    expect(missing([lacking, { ...tool, probe: () => ({ ok: true }) as const }])).toEqual([
      { requirement: lacking, found: '1.0 is older than 2' },
    ]);
  });
});

describe('npm packages', () => {
  const locked = {
    '': { version: '0.1.0' },
    'node_modules/a': { version: '1.0.0', integrity: 'x' },
    'node_modules/b-win32': { version: '1.0.0', integrity: 'y', optional: true },
  };

  it('are up to date when every one that is not optional is installed as locked', () => {
    expect(outdatedModules(locked, { 'node_modules/a': { version: '1.0.0', integrity: 'x' } })).toEqual([]);
  });

  it('are not when one is absent, of another version or of other content', () => {
    const stale = [{}, { 'node_modules/a': { version: '1.0.1', integrity: 'x' } }, { 'node_modules/a': { version: '1.0.0', integrity: 'z' } }];
    for (const installed of stale) expect(outdatedModules(locked, installed)).toEqual(['node_modules/a']);
  });
});

describe('the telling line', () => {
  it.each([
    [['[1/2] Building', 'a.cpp:3:1: error: no member x', 'ninja: build stopped'], 'a.cpp:3:1: error: no member x'],
    [['CMake Error at CMakeLists.txt:4 (message):', '  doctest is missing', ''], 'CMake Error at CMakeLists.txt:4 (message): doctest is missing'],
    [['Reading lists', 'E: Unable to locate package x'], 'E: Unable to locate package x'],
    [['npm warn old', 'npm error code ENOTFOUND', 'npm error syscall getaddrinfo'], 'npm error code ENOTFOUND npm error syscall getaddrinfo'],
    [['fine'], undefined],
  ])('of %j', (lines, line) => {
    expect(tellingLine(lines)).toBe(line);
  });
});

describe('fingerprint', () => {
  it('changes when a file is written, added or touched, and only then', () => {
    const file = join(folder, 'a');
    const print = () => fingerprint(filesUnder(folder));
    writeFileSync(file, 'one');
    const first = print();
    expect(print()).toBe(first);
    utimesSync(file, 1, 1);
    const touched = print();
    expect(touched).not.toBe(first);
    writeFileSync(join(folder, 'b'), '');
    expect(print()).not.toBe(touched);
  });
});

describe('lock', () => {
  const silent = () => undefined;

  it('lets one in at a time and is gone afterwards', async () => {
    const path = join(folder, 'lock');
    const seen: string[] = [];
    const work = (name: string) =>
      withLock(
        path,
        async () => {
          seen.push(`${name} in`);
          await sleep(50);
          seen.push(`${name} out`);
        },
        silent,
      );
    await Promise.all([work('a'), work('b')]);
    expect(seen).toHaveLength(4);
    expect(seen[1]).toBe(seen[0]?.replace('in', 'out'));
    expect(() => readFileSync(path)).toThrow('ENOENT');
  });

  it('is released when the work fails', async () => {
    const path = join(folder, 'lock');
    await expect(withLock(path, () => Promise.reject(new Error('broken')), silent)).rejects.toThrow('broken');
    expect(() => readFileSync(path)).toThrow('ENOENT');
  });

  it('is taken over from a process that has died', async () => {
    const path = join(folder, 'lock');
    const neverAlive = 2 ** 30;
    writeFileSync(path, String(neverAlive));
    expect(await withLock(path, () => Promise.resolve('done'), silent)).toBe('done');
  });

  it('says once whom it waits for', async () => {
    const path = join(folder, 'lock');
    writeFileSync(path, String(process.ppid));
    const told: string[] = [];
    const waiting = withLock(path, () => Promise.resolve('done'), (pid) => told.push(pid));
    await sleep(500);
    rmSync(path);
    expect(await waiting).toBe('done');
    expect(told).toEqual([String(process.ppid)]);
  });
});
