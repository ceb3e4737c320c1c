import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { sendFile } from './files.ts';

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/** In the page's HTML; every answer puts its own nonce there, for style elements that scripts make. */
const noncePlaceholder = '%CSP_NONCE%';

/** On every answer. */
export const commonHeaders = {
  'cache-control': 'no-store',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

function contentSecurityPolicy(host: string, nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self' ws://${host}`,
    "media-src 'self' blob:",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** @return false when the page has not been built */
export async function sendPage(response: ServerResponse, folder: string, host: string): Promise<boolean> {
  const html = await readFile(join(folder, 'index.html'), 'utf8').catch(() => null);
  if (html === null) {
    return false;
  }
  const nonce = randomBytes(18).toString('base64');
  const body = html.replaceAll(noncePlaceholder, nonce);
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': contentSecurityPolicy(host, nonce) });
  response.end(body);
  return true;
}

/** @param segments of a path below the page, as `admit` lets them through */
export function sendAsset(request: IncomingMessage, response: ServerResponse, folder: string, segments: readonly string[]): Promise<boolean> {
  const type = types[extname(segments.at(-1) ?? '').toLowerCase()];
  return type === undefined ? Promise.resolve(false) : sendFile(request, response, join(folder, ...segments), { 'content-type': type });
}
