import { open, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/**
 * Sends a file, or the range of it that was asked for.
 * @return false when there is no such file: nothing has been sent then
 */
export async function sendFile(request: IncomingMessage, response: ServerResponse, path: string, headers: Record<string, string>): Promise<boolean> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) {
    return false;
  }
  try {
    const info = await file.stat();
    if (!info.isFile()) {
      return false;
    }
    await sendRange(request, response, file, info.size, headers);
    return true;
  } finally {
    await file.close();
  }
}

async function sendRange(request: IncomingMessage, response: ServerResponse, file: FileHandle, size: number, headers: Record<string, string>): Promise<void> {
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: size };
  response.writeHead(range === null ? 200 : 206, {
    ...headers,
    'accept-ranges': 'bytes',
    'content-length': end - start,
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
  });
  if (request.method === 'HEAD' || end === start) {
    response.end();
    return;
  }
  await pipeline(file.createReadStream({ start, end: end - 1, autoClose: false }), response);
}

/** @return `end` is exclusive; null: the whole file, as for every range that is not of the one simple kind */
function parseRange(header: string | undefined, size: number): { start: number; end: number } | null | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) {
    return null;
  }
  const [, first = '', last = ''] = match;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) {
    return null;
  }
  return start < end ? { start, end } : 'unsatisfiable';
}
