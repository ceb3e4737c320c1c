import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readModel } from '../weights/formats.ts';
import { writeTinyModel, writeTinyPackage } from '../weights/testing.ts';
import { convertInstalled, findModel, listModels } from './models.ts';
import { ModelStore, type Manifest } from './model-store.ts';
import { downloadOfficial } from './official-models.ts';

let folder: string;
let store: ModelStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-store-'));
  store = new ModelStore(folder);
});
afterEach(() => rm(folder, { recursive: true }));

async function install(id: string): Promise<Manifest> {
  return store.install(id, async (staging) => {
    await writeTinyModel(join(staging, 'weights.safetensors'));
    const { sha256 } = await readModel(join(staging, 'weights.safetensors'));
    return { version: 1, id, name: id, description: 'for a test', licence: 'none', file: 'weights.safetensors', sha256 };
  });
}

describe('the store', () => {
  it('is empty at first, and lists the built-in model all the same', async () => {
    expect(await store.ids()).toEqual([]);
    expect((await listModels(store)).map(({ id, builtIn }) => [id, builtIn])).toEqual([['house', true]]);
  });

  it('finds what was installed, by its id before any file of that name', async () => {
    await install('small');
    await writeFile(join(folder, 'small'), '');
    expect(await findModel(store, 'small', folder)).toEqual({ id: 'small', path: join(folder, 'models', 'small', 'weights.safetensors') });
    expect(await findModel(store, './small', folder)).toEqual({ id: 'small', path: join(folder, 'small') });
    await expect(findModel(store, 'large', folder)).rejects.toMatchObject({ code: 'model' });
  });

  it('takes no id twice, nor the built-in one, nor a path', async () => {
    await install('small');
    await expect(install('small')).rejects.toMatchObject({ code: 'usage' });
    await expect(install('house')).rejects.toMatchObject({ code: 'usage' });
    await expect(install('../small')).rejects.toMatchObject({ code: 'usage' });
    await expect(install('Small')).rejects.toMatchObject({ code: 'usage' });
  });

  it('installs where the user says, and finds what was installed before', async () => {
    await install('old');
    let chosen: string | null = join(folder, 'elsewhere', 'models');
    store = new ModelStore(folder, () => Promise.resolve(chosen));
    await install('new');
    expect(await store.ids()).toEqual(['new', 'old']);
    expect((await store.find('new')).path).toBe(join(folder, 'elsewhere', 'models', 'new', 'weights.safetensors'));
    expect((await store.find('old')).path).toBe(join(folder, 'models', 'old', 'weights.safetensors'));
    await expect(install('old')).rejects.toMatchObject({ code: 'usage' });
    await store.remove('old');
    chosen = null;
    expect(await store.ids()).toEqual([]);
    await expect(store.find('new')).rejects.toMatchObject({ code: 'model' });
  });

  it('keeps nothing of an installation that failed', async () => {
    await expect(store.install('small', async (staging) => {
      await writeFile(join(staging, 'half'), '');
      throw new Error('no');
    })).rejects.toThrow('no');
    expect(await readdir(join(folder, 'models'))).toEqual([]);
  });

  it('lists a damaged model with what is wrong', async () => {
    await install('small');
    await writeFile(join(folder, 'models', 'small', 'weights.safetensors'), 'rubbish');
    expect((await listModels(store))[1]).toMatchObject({ id: 'small', description: expect.stringContaining('cannot be used') as string });
  });

  it('names a damaged manifest', async () => {
    await mkdir(join(folder, 'models', 'bad'), { recursive: true });
    await writeFile(join(folder, 'models', 'bad', 'model.json'), '{"file": "../../x"}');
    await expect(store.find('bad')).rejects.toMatchObject({ code: 'model', message: expect.stringContaining('model.json') as string });
  });

  it('converts to half the size', async () => {
    await install('small');
    const manifest = await convertInstalled(store, 'small', 'bf16');
    const [, small, half] = await listModels(store);
    expect(manifest.id).toBe('small-bf16');
    expect(half?.id).toBe('small-bf16');
    expect((half?.bytes ?? 0) / (small?.bytes ?? 1)).toBeLessThan(0.6);
  });
});

describe('official models', () => {
  let server: Server;
  let root: string;
  let served: Map<string, Buffer>;
  beforeEach(async () => {
    served = new Map();
    server = createServer((request, response) => {
      const body = served.get(basename(request.url ?? ''));
      response.writeHead(body === undefined ? 404 : 200, body === undefined ? {} : { 'content-length': body.length }).end(body);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    root = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(() => {
    server.close();
  });

  /** Serves a tiny package under an official kind of name. */
  async function serve(signature: string, seed: number): Promise<string> {
    const path = join(folder, `${signature}.th`);
    await writeTinyPackage(path, { seed });
    const bytes = await readFile(path);
    const name = `${signature}-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}.th`;
    served.set(name, bytes);
    return name;
  }

  it('arrive as a single model or as a bag', async () => {
    const files = [await serve('aaaa', 1), await serve('bbbb', 2)];
    const oneHot = [
      [1, 0, 1, 0],
      [0, 1, 0, 1],
    ];
    const models = {
      one: { description: 'one', files: files.slice(0, 1), weights: null },
      bag: { description: 'two', files, weights: oneHot },
    };
    await downloadOfficial(store, 'one', { root, models });
    await downloadOfficial(store, 'bag', { root, models });
    expect((await listModels(store)).map(({ id, sources }) => [id, sources.length])).toEqual([
      ['house', 4],
      ['bag', 4],
      ['one', 4],
    ]);
    const bag = await readModel((await store.find('bag')).path);
    expect(bag).toMatchObject({ format: 'bag', members: oneHot.map((weights) => ({ weights })) });
    expect(await readdir(join(folder, 'models', '.downloads'))).toEqual([]);
  });

  it('whose content has another hash are not installed', async () => {
    const file = await serve('aaaa', 1);
    served.set(file, Buffer.from('something else'));
    const models = { one: { description: '', files: [file], weights: null } };
    await expect(downloadOfficial(store, 'one', { root, models })).rejects.toMatchObject({ code: 'model', message: expect.stringContaining('SHA-256') as string });
    expect(await store.ids()).toEqual([]);
  });

  it('are three, by their names', async () => {
    await expect(downloadOfficial(store, 'mdx')).rejects.toMatchObject({ code: 'usage', hint: 'There are htdemucs, htdemucs_ft, htdemucs_6s.' });
  });
});
