import { open, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { parseRange } from '../common/range.ts';

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
