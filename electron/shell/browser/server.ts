import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Duplex } from 'node:stream';
import { StemwrightError, toFault } from '../../contract/errors.ts';
import { outputPath } from '../../contract/output.ts';
import type { Studio } from '../../services/studio.ts';
import { zip } from '../../services/zip.ts';
import { commonHeaders } from '../common/page.ts';
import { sendFile } from './files.ts';
import { admit, type Gate } from './guard.ts';
import { OutputSocket } from './output.ts';
import { sendAsset, sendPage } from './page.ts';
import { Socket } from './socket.ts';

export interface BrowserShellSetting {
  studio: Studio;
  /** The built page. */
  renderer: string;
  /** 0: any that is free. */
  port: number;
  log: (line: string) => void;
}

export interface BrowserShell {
  /** Of the page, with the token that opens it. */
  address: string;
  close(): Promise<void>;
}

interface Visit {
  request: IncomingMessage;
  response: ServerResponse;
  segments: readonly string[];
  query: URLSearchParams;
}

/** Serves the studio to pages of this machine that know the token. */
export async function startBrowserShell({ studio, renderer, port, log }: BrowserShellSetting): Promise<BrowserShell> {
  const token = randomBytes(24).toString('base64url');
  // An upload may take as long as it takes; its headers may not.
  const server = createServer({ requestTimeout: 0, headersTimeout: 20_000 });
  await listen(server, port);
  const gate: Gate = { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, token };
  const socket = new Socket(studio, log);
  const output = new OutputSocket(studio.output);
  const refused = new Set<number>();
  const refuse = (status: number, reason: string) => {
    if (!refused.has(status)) {
      refused.add(status);
      log(`refused: a request (${status}, ${reason})`);
    }
  };
  server.on('request', (request, response) => {
    void respond(request, response).catch((error: unknown) => {
      if (!response.destroyed) {
        log(toFault(error).message);
      }
      response.destroy();
    });
  });
  server.on('upgrade', (request, stream, head) => {
    const admission = admit(request, gate);
    const place = admission.ok ? admission.segments.join('/') : '';
    if (place === 'ws') {
      socket.accept(request, stream, head);
    } else if (place === outputPath) {
      output.accept(request, stream, head);
    } else {
      refuse(403, 'a connection from elsewhere');
      rejectUpgrade(stream);
    }
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(commonHeaders)) {
      response.setHeader(name, value);
    }
    const admission = admit(request, gate);
    if (!admission.ok) {
      refuse(admission.status, 'not from the page, or without its token');
      end(response, admission.status);
      return;
    }
    const { segments, query } = admission;
    if (!(await route({ request, response, segments, query }, studio, renderer, gate.host))) {
      end(response, 404);
    }
  }

  return {
    address: `http://${gate.host}/${token}/`,
    close: async () => {
      socket.close();
      output.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const taken = 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');
      reject(taken ? new StemwrightError('usage', `port ${port} cannot be used (${String(error.code)})`, 'Choose another with --port, or none.') : error);
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

/** @return false when there is nothing at that address */
async function route(visit: Visit, studio: Studio, renderer: string, host: string): Promise<boolean> {
  const { request, response, segments } = visit;
  const [first = '', ...rest] = segments;
  if (request.method === 'PUT') {
    return first === 'upload' && rest.length === 0 && receive(visit, studio);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    end(response.setHeader('allow', 'GET, HEAD, PUT'), 405);
    return true;
  }
  switch (first) {
    case '':
      return sendPage(response, renderer, host);
    case 'tracks':
    case 'downloads':
      return sendContent(visit, studio);
    default:
      return sendAsset(request, response, renderer, segments);
  }
}

async function receive({ request, response, query }: Visit, studio: Studio): Promise<boolean> {
  const answer = await studio.upload(query.get('name') ?? '', request as AsyncIterable<Buffer>).then(
    (path) => ({ ok: true, value: { path } }),
    (error: unknown) => ({ ok: false, ...toFault(error) }),
  );
  response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(answer));
  return true;
}

async function sendContent({ request, response, segments }: Visit, studio: Studio): Promise<boolean> {
  const content = await studio.content(segments);
  if (content === null) {
    return false;
  }
  if (content.kind === 'file') {
    const { path, contentType, saveAs } = content;
    return sendFile(request, response, path, { 'content-type': contentType, ...(saveAs === null ? {} : { 'content-disposition': attachment(saveAs) }) });
  }
  if (content.kind === 'bytes') {
    response.writeHead(200, { 'content-type': content.contentType, 'content-length': content.bytes.length }).end(request.method === 'HEAD' ? undefined : content.bytes);
    return true;
  }
  response.writeHead(200, { 'content-type': 'application/zip', 'content-disposition': attachment(content.saveAs) });
  if (request.method === 'HEAD') {
    response.end();
  } else {
    await pipeline(zip(content.files), response);
  }
  return true;
}

function attachment(name: string): string {
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename*=UTF-8''${encoded}`;
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${status}\n`);
}

function rejectUpgrade(stream: Duplex): void {
  stream.on('error', () => undefined);
  stream.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
}
