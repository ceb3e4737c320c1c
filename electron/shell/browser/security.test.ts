import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { maxMessageBytes, Uploaded } from '../../contract/channels.ts';
import { ask, connect, openTestShell, TestClient, type TestShell } from './testing.ts';

let shell: TestShell;
let project: string;
let prefix: string;
beforeAll(async () => {
  shell = await openTestShell();
  project = await shell.addProject('Song');
  prefix = shell.base.pathname;
});
afterAll(() => shell.close());

const uploads = () => readdir(join(shell.data, 'uploads')).catch(() => []);
afterEach(async () => {
  expect(await uploads()).toEqual([]);
});

const foreignHosts = ['evil.example', 'localhost', '127.0.0.1', '[::1]', ''];

describe('a request is refused', () => {
  const paths = () => ['', 'assets/page.js', `tracks/project/${project}/original.f32`, `tracks/project/${project}/original.spectrum/0/0`, 'downloads/x', 'upload?name=a', 'ws'].map((path) => prefix + path);

  it.each(foreignHosts)('for the host %j, which another site could make resolve here', async (host) => {
    for (const path of paths()) {
      for (const method of ['GET', 'PUT']) {
        const reply = await ask(shell.base, path, { method, headers: { host, origin: `http://${host}` }, body: Buffer.from(method === 'PUT' ? 'x' : '') });
        expect(reply.status, path).toBeGreaterThanOrEqual(400);
        expect(reply.status, path).not.toBe(404);
      }
    }
  });

  it.each(['http://evil.example', 'null', 'https://127.0.0.1', 'http://127.0.0.1:1'])('from the origin %s', async (origin) => {
    for (const path of paths()) {
      expect((await ask(shell.base, path, { headers: { origin } })).status, path).toBe(403);
    }
    expect((await ask(shell.base, `${prefix}upload?name=a`, { method: 'PUT', headers: { origin }, body: Buffer.from('x') })).status).toBe(403);
    expect(await connect(shell.base, { origin })).toBe(403);
  });

  it('when it writes and names no origin', async () => {
    expect((await ask(shell.base, `${prefix}upload?name=a`, { method: 'PUT', body: Buffer.from('x') })).status).toBe(403);
    expect(await connect(shell.base, {})).toBe(403);
  });

  it('without the token, with another, and with part of it', async () => {
    const token = prefix.slice(1, -1);
    const wrong = ['', 'x', token.slice(1), `${token}x`, token.toUpperCase(), '%', encodeURIComponent(`${token}/`)];
    for (const given of wrong) {
      expect((await ask(shell.base, `/${given}/`)).status, given).toBe(403);
      expect(await connect(shell.base, { origin: shell.origin }, `/${given}/ws`), given).toBe(403);
    }
    expect((await ask(shell.base, '/')).status).toBe(403);
    expect((await ask(shell.base, `/?token=${token}`)).status).toBe(403);
  });

  it('when another site embeds or links to what is behind the page', async () => {
    for (const site of ['cross-site', 'same-site', 'none']) {
      expect((await ask(shell.base, `${prefix}assets/page.js`, { headers: { 'sec-fetch-site': site } })).status, site).toBe(403);
    }
    expect((await ask(shell.base, prefix, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    expect((await ask(shell.base, prefix, { headers: { 'sec-fetch-site': 'none' } })).status).toBe(200);
    expect((await ask(shell.base, `${prefix}assets/page.js`, { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200);
  });

  it('of any other method', async () => {
    for (const method of ['POST', 'DELETE', 'OPTIONS', 'PATCH']) {
      expect((await ask(shell.base, prefix, { method, headers: { origin: shell.origin } })).status).toBe(405);
    }
  });

  it('and each kind of refusal is logged once', () => {
    expect(shell.log.filter((line) => line.includes('(403'))).toHaveLength(1);
  });
});

describe('no path leads out', () => {
  const climbs = ['..', '%2e%2e', '.%2e', '..%2f..', '..%5c..', '%2e%2e%2f', '..\\..', '.', '', '%00', 'a%00b', '%2fetc%2fpasswd', '%c0%ae%c0%ae', '%252e%252e'];

  it.each(climbs)('%j', async (climb) => {
    const routes = ['', 'assets/', 'tracks/', `tracks/project/`, `tracks/project/${project}/`, `tracks/project/${project}/stems/`, `tracks/project/${project}/original.spectrum/`, `tracks/project/${project}/stems/drums.spectrum/0/`, 'tracks/job/', 'downloads/'];
    for (const route of routes) {
      for (const end of ['secret.js', 'project.json', 'original.f32', 'drums.f32', 'index.html']) {
        const reply = await ask(shell.base, `${prefix}${route}${climb}/${end}`);
        expect([400, 404], `${route}${climb}/${end}`).toContain(reply.status);
        const last = await ask(shell.base, `${prefix}${route}${climb}${climb}`);
        expect(last.body.toString()).not.toContain('secret');
      }
    }
  });

  it('an absolute address, or one without a slash, is none', async () => {
    for (const path of [`http://evil.example${prefix}`, prefix.slice(1), '*']) {
      expect((await ask(shell.base, path)).status).toBeGreaterThanOrEqual(400);
    }
  });

  it('tracks are those of a project, by name and ending', async () => {
    const address = (rest: string) => `${prefix}tracks/${rest}`;
    const none = [`project/${project}/stems/bass.f32`, `project/${project}/project.json`, `project/${project}/separation.json`, `project/${project}/stems/drums.json`, 'project/x/original.f32', `job/${project}/0.f32`, `job/${project}/-1.f32`, `other/${project}/original.f32`, `project/${project}/original.spectrum`, `project/${project}/original.spectrum/0/1`, `project/${project}/original.spectrum/999999999999999999/0`, `project/x/original.spectrum/0/0`];
    for (const path of none) {
      expect((await ask(shell.base, address(path))).status, path).toBe(404);
    }
    expect((await ask(shell.base, address(`project/${project}/stems/lead%20vocals.f32`))).status).toBe(200);
    const tile = await ask(shell.base, address(`project/${project}/stems/lead%20vocals.spectrum/0/0`));
    expect(tile).toMatchObject({ status: 200, headers: { 'content-length': '65536' } });
    expect(tile.body).toHaveLength(65_536);
  });
});

describe('what is served', () => {
  it('the page comes with a policy, a nonce of its own, and isolation', async () => {
    const [first, second] = [await ask(shell.base, prefix), await ask(shell.base, prefix)];
    const nonce = /content="([^"]+)"/.exec(first.body.toString())?.[1] ?? '';
    expect(first.headers['content-security-policy']).toContain(`'nonce-${nonce}'`);
    expect(first.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(first.headers['content-security-policy']).not.toContain('unsafe');
    expect(second.body.toString()).not.toContain(nonce);
    expect(first.headers).toMatchObject({ 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  });

  it('tracks answer ranges', async () => {
    const path = `${prefix}tracks/project/${project}/original.f32`;
    const whole = await ask(shell.base, path);
    expect(whole).toMatchObject({ status: 200, headers: { 'accept-ranges': 'bytes', 'content-length': '8000' } });
    const get = async (range: string) => ask(shell.base, path, { headers: { range } });
    for (const [range, start, end] of [['bytes=0-3', 0, 4], ['bytes=7996-', 7996, 8000], ['bytes=-8', 7992, 8000], ['bytes=100-99999', 100, 8000]] as const) {
      const reply = await get(range);
      expect(reply.status).toBe(206);
      expect(reply.headers['content-range']).toBe(`bytes ${start}-${end - 1}/8000`);
      expect(reply.body.equals(whole.body.subarray(start, end))).toBe(true);
    }
    expect(await get('bytes=8000-')).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */8000' } });
    for (const odd of ['bytes=5-1', 'bytes=0-1,4-5', 'items=0-1', 'bytes=-', 'bytes=a-b']) {
      expect((await get(odd)).body).toHaveLength(8000);
    }
    expect(await ask(shell.base, path, { method: 'HEAD' })).toMatchObject({ status: 200, headers: { 'content-length': '8000' } });
  });

  it('an upload lies where only its item can find it, until that is removed', async () => {
    const reply = await ask(shell.base, `${prefix}upload?name=${encodeURIComponent('../Café.wav')}`, { method: 'PUT', headers: { origin: shell.origin }, body: Buffer.alloc(300_000, 7) });
    const answer = JSON.parse(reply.body.toString()) as { ok: boolean; value: unknown };
    const { path } = Uploaded.parse(answer.value);
    expect(path.startsWith(join(shell.data, 'uploads'))).toBe(true);
    expect(path.endsWith('/Café.wav')).toBe(true);
    expect(await readFile(path)).toHaveLength(300_000);
    const client = await TestClient.open(shell);
    const { lastOptions } = ((await client.ask('settings.get', null)) as { value: { lastOptions: unknown } }).value;
    const added = (await client.ask('queue.add', { paths: [path], options: lastOptions })) as { value: { id: string }[] };
    expect(await client.ask('queue.remove', { id: added.value[0]?.id })).toMatchObject({ ok: true });
    client.socket.terminate();
  });
});

describe('messages', () => {
  it.each(['', 'hello', '[]', '{}', '{"id":"1","channel":"queue.list","args":null}', '{"id":-1,"channel":"queue.list","args":null}', '{"id":1,"channel":7,"args":null}', `{"id":1,"channel":"${'x'.repeat(100)}","args":null}`, '{"id":1,"channel":"queue.list","args":null,"more":1}', '[[['.repeat(1000)])(
    'that are no requests are refused, and the connection goes on: %#',
    async (text) => {
      const client = await TestClient.open(shell);
      expect(await client.raw(text)).toMatchObject({ id: null, answer: { ok: false, code: 'usage' } });
      expect(await client.ask('queue.list', null)).toMatchObject({ ok: true });
      client.socket.terminate();
    },
  );

  it('of bytes are refused', async () => {
    const client = await TestClient.open(shell);
    expect(await client.raw(Buffer.from('{"id":1,"channel":"queue.list","args":null}'))).toMatchObject({ id: null, answer: { ok: false } });
    client.socket.terminate();
  });

  it('beyond the limit end the connection, and only that one', async () => {
    const [greedy, other] = [await TestClient.open(shell), await TestClient.open(shell)];
    greedy.socket.send('x'.repeat(maxMessageBytes + 1));
    const [code] = (await once(greedy.socket, 'close')) as [number];
    expect(code).toBe(1009);
    expect(await other.ask('queue.list', null)).toMatchObject({ ok: true });
    other.socket.terminate();
  });

  it('that are refused are logged once', () => {
    expect(shell.log.filter((line) => line.includes('no request'))).toHaveLength(1);
  });
});

it('after the end nothing listens, and connections are gone', async () => {
  const own = await openTestShell();
  const client = await TestClient.open(own);
  const closed = once(client.socket, 'close');
  await own.close();
  await closed;
  await expect(ask(own.base, own.base.pathname)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
