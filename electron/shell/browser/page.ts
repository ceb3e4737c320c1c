import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { assetType, readPage } from '../common/page.ts';
import { sendFile } from './files.ts';

/** @return false when the page has not been built */
export async function sendPage(response: ServerResponse, folder: string, host: string): Promise<boolean> {
  const page = await readPage(folder, [`ws://${host}`]);
  if (page === null) {
    return false;
  }
  response.writeHead(200, page.headers);
  response.end(page.html);
  return true;
}

/** @param segments of a path below the page, as `admit` lets them through */
export function sendAsset(request: IncomingMessage, response: ServerResponse, folder: string, segments: readonly string[]): Promise<boolean> {
  const type = assetType(segments.at(-1) ?? '');
  return type === null ? Promise.resolve(false) : sendFile(request, response, join(folder, ...segments), { 'content-type': type });
}
