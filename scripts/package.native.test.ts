import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { NativeModule } from '../electron/engine/native.ts';
import { audioExtensions } from '../electron/shell/desktop/system.ts';
import { ffmpegFault } from './package.mjs';
import { root } from './setup/paths.mjs';

const run = promisify(execFile);

/** Where the fuses lie in Electron's binary; `0` off, `1` on. */
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';

/** What electron-builder needs of an Electron: this machine may have none, and none is started here. */
async function writeElectron(folder: string): Promise<void> {
  const files = {
    electron: Buffer.concat([Buffer.from(`#!/bin/sh\nexit 1\n#${sentinel}`), Buffer.from([1, 8]), Buffer.from('10110011\n')]),
    version: '45.4.1',
    LICENSE: 'MIT',
    'LICENSES.chromium.html': '<html>',
    'locales/en-US.pak': '',
    'locales/de.pak': '',
    'resources/default_app.asar': 'not ours',
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  await chmod(join(folder, 'electron'), 0o755);
}

interface AsarEntry {
  size?: number;
  unpacked?: boolean;
  files?: Record<string, AsarEntry>;
}

/** Paths in an archive, with the size of each file and whether it lies beside the archive. */
async function listAsar(path: string): Promise<Map<string, AsarEntry>> {
  const bytes = await readFile(path);
  const header = JSON.parse(bytes.toString('utf8', 16, 16 + bytes.readUInt32LE(12))) as AsarEntry;
  const files = new Map<string, AsarEntry>();
  const walk = (entry: AsarEntry, prefix: string) => {
    for (const [name, child] of Object.entries(entry.files ?? {})) {
      if (child.files === undefined) {
        files.set(prefix + name, child);
      }
      walk(child, `${prefix}${name}/`);
    }
  };
  walk(header, '');
  return files;
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(entries.filter((entry) => entry.isFile()).map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe.runIf(process.platform === 'linux')('npm run package -- --dir', () => {
  let folder: string;
  let packed: string;
  let said: string;
  let archive: Map<string, AsarEntry>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stemwright-package-'));
    const electron = join(folder, 'electron');
    await writeElectron(electron);
    const env = { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: electron, INIT_CWD: folder };
    const { stdout, stderr } = await run(process.execPath, [join(root, 'scripts', 'package.mjs'), '--dir', '--out', 'out'], { env, cwd: root });
    said = stdout + stderr;
    packed = join(folder, 'out', 'linux-unpacked');
    archive = await listAsar(join(packed, 'resources', 'app.asar'));
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  it('says where ffmpeg comes from', () => {
    expect(said).toContain('no ffmpeg is packed: this folder uses the one on the PATH');
  });

  it('packs what runs, and neither packages, sources nor tests', () => {
    const paths = [...archive.keys()];
    expect(paths).toEqual(expect.arrayContaining(['package.json', 'build/desktop/main.mjs', 'build/desktop/preload.cjs', 'build/renderer/index.html', 'LICENSE', 'THIRD_PARTY.md']));
    const known = /^(?:package\.json|LICENSE|THIRD_PARTY\.md|build\/desktop\/(?:main\.mjs|preload\.cjs)|build\/renderer\/(?:index\.html|assets\/[^/]+\.(?:js|css|svg|png|woff2))|build\/release\/native\/addon\/stemwright\.node|assets\/(?:demo|models|icons|irs)\/.+)$/;
    expect(paths.filter((path) => !known.test(path))).toEqual([]);
    expect(paths.filter((path) => /node_modules|\.tsx?$|\.map$|test/.test(path))).toEqual([]);
  });

  it('describes a program without commands for developers', async () => {
    const bytes = await readFile(join(packed, 'resources', 'app.asar'));
    const entry = archive.get('package.json') as AsarEntry & { offset: string };
    const start = 8 + bytes.readUInt32LE(4) + Number(entry.offset);
    const manifest = JSON.parse(bytes.toString('utf8', start, start + (entry.size ?? 0))) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: 'stemwright', type: 'module', main: 'build/desktop/main.mjs' });
    expect(manifest).not.toHaveProperty('devDependencies');
    expect(manifest).not.toHaveProperty('scripts');
  });

  it('keeps beside the archive what others than Electron read, and the engine loads from there', async () => {
    const outside = [...archive].filter(([, { unpacked }]) => unpacked === true).map(([path]) => path);
    const inside = [...archive.keys()].filter((path) => !outside.includes(path));
    expect(inside.filter((path) => path.endsWith('.node') || path.startsWith('assets/'))).toEqual([]);
    const beside = join(packed, 'resources', 'app.asar.unpacked');
    const native = createRequire(import.meta.url)(join(beside, 'build', 'release', 'native', 'addon', 'stemwright.node')) as NativeModule;
    expect(native.info().availableIsas).toContain('scalar');
    const model = join('assets', 'models', 'house.safetensors');
    expect((await readFile(join(beside, model))).equals(await readFile(join(root, model)))).toBe(true);
  });

  it('takes from Electron what could run other programs in its name', async () => {
    const binary = await readFile(join(packed, 'stemwright'));
    const at = binary.indexOf(sentinel) + sentinel.length + 2;
    // Run as Node, cookies encrypted, NODE_OPTIONS, --inspect (for tests), integrity, only from the archive, one snapshot, file:// is special.
    expect(binary.toString('latin1', at, at + 8)).toBe('01011110');
    expect(await readdir(join(packed, 'resources'))).not.toContain('default_app.asar');
    expect(await readdir(join(packed, 'locales'))).toEqual(['en-US.pak']);
  });

  it('keeps the licences of what it ships', async () => {
    expect(await readdir(packed)).toEqual(expect.arrayContaining(['LICENSE.electron.txt', 'LICENSES.chromium.html']));
  });

  it('adds less than 40 MB to Electron', async () => {
    expect(await bytesBelow(join(packed, 'resources'))).toBeLessThan(40e6);
  });
});

it.each([
  ['configuration: --enable-gpl --enable-libsoxr', 'was built with --enable-gpl, and may not be shipped'],
  ['configuration: --enable-nonfree --enable-libsoxr', 'was built with --enable-nonfree, and may not be shipped'],
  ['configuration: --enable-shared', 'was built without soxr'],
  ['configuration: --enable-libsoxr --enable-shared', null],
])('an ffmpeg that says %j: %j', (text, fault) => {
  expect(ffmpegFault(text)).toBe(fault);
});

it('the system opens with it what its own dialog offers', async () => {
  const { fileAssociations } = parse(await readFile(join(root, 'electron-builder.yml'), 'utf8')) as { fileAssociations: { ext: string | string[] }[] };
  const associated = fileAssociations.flatMap(({ ext }) => ext);
  expect(associated.filter((ext) => !audioExtensions.includes(ext))).toEqual([]);
  expect(new Set(associated).size).toBe(associated.length);
});
