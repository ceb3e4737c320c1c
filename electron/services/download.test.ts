import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { download, type DownloadOptions } from './download.ts';

const content = randomBytes(300_000);
const sha256 = createHash('sha256').update(content).digest('hex');
const fast: DownloadOptions = { attempts: 3, firstDelayMs: 1, stallMs: 300 };

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
let server: Server;
let folder: string;
let requests: (string | undefined)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-download-'));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

async function serve(handler: Handler) {
  requests = [];
  server = createServer((request, response) => {
    requests.push(request.headers.range);
    handler(request, response);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/model.th`, path: join(folder, 'model.th'), sha256Prefix: sha256.slice(0, 8) };
}

function startOf(request: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}

/** An honest server: whole files, and ranges of them. */
function answer(request: IncomingMessage, response: ServerResponse, body = content): void {
  const start = startOf(request);
  if (start >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
  } else if (start > 0) {
    response.writeHead(206, { 'content-length': body.length - start, 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }).end(body.subarray(start));
  } else {
    response.writeHead(200, { 'content-length': body.length }).end(body);
  }
}

/** Sends what an honest server would, but breaks off after `bytes`. */
function breakOff(request: IncomingMessage, response: ServerResponse, bytes: number): void {
  const start = startOf(request);
  const head = { 'content-length': content.length - start, 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
  response.writeHead(start > 0 ? 206 : 200, head);
  response.write(content.subarray(start, start + bytes), () => {
    setTimeout(() => response.destroy(), 30);
  });
}

describe('a file arrives', () => {
  it('in one go, with progress', async () => {
    const file = await serve(answer);
    const seen: [number, number | null][] = [];
    await download(file, { ...fast, onProgress: (bytes, total) => seen.push([bytes, total]) });
    expect(content.equals(await readFile(file.path))).toBe(true);
    expect(seen.at(-1)).toEqual([content.length, content.length]);
    expect(await readdir(folder)).toEqual(['model.th']);
  });

  it('after the connection broke off again and again, each time continuing', async () => {
    const file = await serve((request, response) => {
      if (startOf(request) < 250_000) {
        breakOff(request, response, 60_000);
      } else {
        answer(request, response);
      }
    });
    await download(file, fast);
    expect(content.equals(await readFile(file.path))).toBe(true);
    expect(requests.length).toBeGreaterThan(fast.attempts ?? 0);
    expect(requests.filter((range) => range !== undefined).length).toBeGreaterThan(2);
  });

  it('from a server that ignores Range', async () => {
    const file = await serve((_, response) => response.writeHead(200).end(content));
    await writeFile(`${file.path}.part`, content.subarray(0, 1000));
    await download(file, fast);
    expect(requests).toEqual(['bytes=1000-']);
    expect(content.equals(await readFile(file.path))).toBe(true);
  });

  it('where an earlier run left all of it', async () => {
    const file = await serve(answer);
    await writeFile(`${file.path}.part`, content);
    await download(file, fast);
    expect(content.equals(await readFile(file.path))).toBe(true);
  });

  it('where an earlier run left something else', async () => {
    const file = await serve(answer);
    await writeFile(`${file.path}.part`, randomBytes(1000));
    await download(file, fast);
    expect(requests).toEqual(['bytes=1000-', undefined]);
    expect(content.equals(await readFile(file.path))).toBe(true);
  });

  it('where an earlier run left more than there is', async () => {
    const file = await serve(answer);
    await writeFile(`${file.path}.part`, randomBytes(400_000));
    await download(file, fast);
    expect(content.equals(await readFile(file.path))).toBe(true);
  });

  it('from a server that is busy at first, and slow then', async () => {
    const file = await serve((request, response) => {
      if (requests.length < 3) {
        response.writeHead(503).end();
        return;
      }
      response.writeHead(200, { 'content-length': content.length });
      let at = 0;
      const timer = setInterval(() => {
        response.write(content.subarray(at, at + 50_000));
        at += 50_000;
        if (at >= content.length) {
          clearInterval(timer);
          response.end();
        }
      }, 100);
      request.on('close', () => {
        clearInterval(timer);
      });
    });
    await download(file, fast);
    expect(content.equals(await readFile(file.path))).toBe(true);
  });
});

describe('a file does not arrive', () => {
  it('when the content has another hash', async () => {
    const file = await serve((request, response) => {
      answer(request, response, randomBytes(1000));
    });
    await expect(download(file, fast)).rejects.toMatchObject({ code: 'model', message: expect.stringContaining(file.sha256Prefix) as string });
    expect(await readdir(folder)).toEqual([]);
  });

  it('when the server promises more than it sends', async () => {
    const file = await serve((_, response) => {
      response.writeHead(200, { 'content-length': content.length + 1 });
      response.write(content, () => {
        setTimeout(() => response.destroy(), 30);
      });
    });
    await expect(download(file, fast)).rejects.toMatchObject({ code: 'model', hint: expect.stringContaining('continues') as string });
    expect(await readdir(folder)).not.toContain('model.th');
  });

  it('when the server hangs', async () => {
    const file = await serve(() => undefined);
    await expect(download(file, { ...fast, stallMs: 50 })).rejects.toMatchObject({ code: 'model', message: expect.stringContaining('nothing came') as string });
    expect(requests).toHaveLength(3);
  });

  it('when it is not there: at once', async () => {
    const file = await serve((_, response) => response.writeHead(404).end());
    await expect(download(file, fast)).rejects.toMatchObject({ code: 'model', message: expect.stringContaining('404') as string });
    expect(requests).toHaveLength(1);
  });

  it('when nobody listens', async () => {
    const file = await serve(answer);
    server.close();
    await expect(download(file, fast)).rejects.toMatchObject({ code: 'model', message: expect.stringContaining('refuses connections') as string });
  });

  it('when it has no end', async () => {
    const file = await serve((request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(content), 1);
      request.on('close', () => {
        clearInterval(timer);
      });
    });
    await expect(download(file, { ...fast, maxBytes: 1_000_000 })).rejects.toMatchObject({ code: 'model', message: expect.stringContaining('1000000') as string });
  });

  it('when it is cancelled: what came stays for the next time', async () => {
    const file = await serve((_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100_000));
    });
    const controller = new AbortController();
    const running = download(file, { ...fast, stallMs: 5000, signal: controller.signal, onProgress: (bytes) => {
      if (bytes >= 100_000) {
        controller.abort();
      }
    } });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(content.subarray(0, 100_000).equals(await readFile(`${file.path}.part`))).toBe(true);
  });
});
