/** A browser shell on a port of its own, and clients that may lie about themselves. */
import { mkdir, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { ServerMessage } from '../../contract/channels.ts';
import { openTestStudio, type TestStudio } from '../../services/testing-studio.ts';
import { startBrowserShell, type BrowserShell } from './server.ts';

export interface TestShell extends TestStudio {
  shell: BrowserShell;
  base: URL;
  origin: string;
}

const pageText = '<!doctype html><meta name="nonce" content="%CSP_NONCE%">';

export async function openTestShell(engine: Parameters<typeof openTestStudio>[1] = {}): Promise<TestShell> {
  const studio = await openTestStudio(undefined, engine);
  const renderer = join(studio.folder, 'renderer');
  await mkdir(join(renderer, 'assets'), { recursive: true });
  await writeFile(join(renderer, 'index.html'), pageText);
  await writeFile(join(renderer, 'assets', 'page.js'), 'export {};');
  await writeFile(join(studio.folder, 'secret.js'), 'secret');
  const shell = await startBrowserShell({ studio: studio.studio, renderer, port: 0, log: (line) => studio.log.push(line) });
  const base = new URL(shell.address);
  return {
    ...studio,
    ...{ shell, base, origin: base.origin },
    close: async () => {
      await shell.close();
      await studio.close();
    },
  };
}

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** @param path sent as it is, which fetch() would not do */
export function ask(base: URL, path: string, options: { method?: string; headers?: Record<string, string>; body?: Buffer } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {} } = options;
    const sent = request({ host: '127.0.0.1', port: base.port, path, method, headers: { host: base.host, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(options.body);
  });
}

/** @return the open socket, or the status with which it was refused */
export async function connect(base: URL, headers: Record<string, string>, path = `${base.pathname}ws`): Promise<WebSocket | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${base.port}${path}`, { headers: { host: base.host, ...headers } });
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      resolve(socket);
    });
    socket.once('unexpected-response', (_, response) => {
      resolve(response.statusCode ?? 0);
      socket.on('error', () => undefined);
      socket.terminate();
    });
    socket.once('error', reject);
  });
}

export type ClientAnswer = Extract<ServerMessage, { answer: unknown }>;

/** A page that asks one thing after the other. */
export class TestClient {
  readonly socket: WebSocket;
  #id = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  static async open({ base, origin }: Pick<TestShell, 'base' | 'origin'>): Promise<TestClient> {
    const socket = await connect(base, { origin });
    if (typeof socket === 'number') {
      throw new Error(`refused with ${socket}`);
    }
    return new TestClient(socket);
  }

  async ask(channel: string, args: unknown): Promise<ClientAnswer['answer']> {
    const id = this.#id++;
    return (await this.raw(JSON.stringify({ id, channel, args }), (message) => message.id === id)).answer;
  }

  raw(text: string | Buffer, isMine: (message: ClientAnswer) => boolean = () => true): Promise<ClientAnswer> {
    return new Promise((resolve) => {
      const listener = (data: Buffer) => {
        const message = ServerMessage.parse(JSON.parse(data.toString('utf8')));
        if ('answer' in message && isMine(message)) {
          this.socket.off('message', listener);
          resolve(message);
        }
      };
      this.socket.on('message', listener);
      this.socket.send(text);
    });
  }
}
