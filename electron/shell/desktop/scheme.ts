import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { toFault } from '../../contract/errors.ts';
import { addressSegments, type Content } from '../../services/addresses.ts';
import type { Studio } from '../../services/studio.ts';
import { zip } from '../../services/zip.ts';
import { assetType, attachment, commonHeaders, readPage } from '../common/page.ts';
import { parseRange } from '../common/range.ts';
import { pageAddress } from './names.ts';

export interface PageSetting {
  studio: Pick<Studio, 'content'>;
  /** The built page. */
  renderer: string;
  log: (line: string) => void;
}

/** Answers what the page asks for below its own address: itself and its parts, tracks and their peaks. */
export function servePage({ studio, renderer, log }: PageSetting): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      return (await respond(request, studio, renderer)) ?? status(404);
    } catch (error) {
      log(toFault(error).message);
      return status(500);
    }
  };
}

async function respond(request: Request, studio: PageSetting['studio'], renderer: string): Promise<Response | null> {
  if (!request.url.startsWith(pageAddress)) {
    return null;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return status(405);
  }
  const [path = ''] = request.url.slice(pageAddress.length).split(/[?#]/);
  const segments = addressSegments(path);
  if (segments === null) {
    return status(400);
  }
  const [first = ''] = segments;
  switch (first) {
    case '':
      return pageResponse(renderer);
    case 'tracks':
    case 'downloads':
      return contentResponse(request, await studio.content(segments));
    default: {
      const type = assetType(segments.at(-1) ?? '');
      return type === null ? null : fileResponse(request, join(renderer, ...segments), { 'content-type': type });
    }
  }
}

async function pageResponse(renderer: string): Promise<Response | null> {
  const page = await readPage(renderer, []);
  return page === null ? null : new Response(page.html, { headers: { ...commonHeaders, ...page.headers } });
}

function contentResponse(request: Request, content: Content | null): Promise<Response | null> | Response | null {
  if (content === null) {
    return null;
  }
  switch (content.kind) {
    case 'file':
      return fileResponse(request, content.path, { 'content-type': content.contentType, ...(content.saveAs === null ? {} : { 'content-disposition': attachment(content.saveAs) }) });
    case 'bytes':
      return new Response(Buffer.from(content.bytes), { headers: { ...commonHeaders, 'content-type': content.contentType } });
    case 'files':
      return new Response(asBody(Readable.from(zip(content.files))), {
        headers: { ...commonHeaders, 'content-type': 'application/zip', 'content-disposition': attachment(content.saveAs) },
      });
  }
}

function status(code: number): Response {
  return new Response(`${code}\n`, { status: code, headers: { ...commonHeaders, 'content-type': 'text/plain' } });
}

/** The file, or the range of it that was asked for; null when there is no such file. */
async function fileResponse(request: Request, path: string, own: Record<string, string>): Promise<Response | null> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) {
    return null;
  }
  const info = await file.stat();
  const range = info.isFile() ? parseRange(request.headers.get('range'), info.size) : null;
  if (!info.isFile() || range === 'unsatisfiable') {
    await file.close();
    return info.isFile() ? new Response(null, { status: 416, headers: { ...commonHeaders, 'content-range': `bytes */${info.size}` } }) : null;
  }
  const { start, end } = range ?? { start: 0, end: info.size };
  const headers = {
    ...commonHeaders,
    ...own,
    'accept-ranges': 'bytes',
    'content-length': String(end - start),
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end - 1}/${info.size}` }),
  };
  if (request.method === 'HEAD' || end === start) {
    await file.close();
    return new Response(null, { status: range === null ? 200 : 206, headers });
  }
  // The stream closes the file, when it has been read or when the page has lost interest.
  return new Response(asBody(file.createReadStream({ start, end: end - 1 })), { status: range === null ? 200 : 206, headers });
}

/** Node's type of a web stream and the one of fetch() are the same thing under two names. */
function asBody(stream: Readable): ReadableStream {
  return Readable.toWeb(stream) as ReadableStream;
}
