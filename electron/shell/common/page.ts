import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

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

/** On every answer, of any shell. */
export const commonHeaders = {
  'cache-control': 'no-store',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

function contentSecurityPolicy(nonce: string, connections: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    ['connect-src', "'self'", ...connections].join(' '),
    "media-src 'self' blob:",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * The page with a nonce of its own.
 * @param connections what it may connect to beside its own origin
 * @return null when the page has not been built
 */
export async function readPage(folder: string, connections: readonly string[]): Promise<{ html: string; headers: Record<string, string> } | null> {
  const template = await readFile(join(folder, 'index.html'), 'utf8').catch(() => null);
  if (template === null) {
    return null;
  }
  const nonce = randomBytes(18).toString('base64');
  return {
    html: template.replaceAll(noncePlaceholder, nonce),
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': contentSecurityPolicy(nonce, connections) },
  };
}

/** @return null for what no page of ours consists of */
export function assetType(name: string): string | null {
  return types[extname(name).toLowerCase()] ?? null;
}

/** The value of `content-disposition` for a file that is to be saved. */
export function attachment(name: string): string {
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename*=UTF-8''${encoded}`;
}
