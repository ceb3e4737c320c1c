import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { addressSegments } from '../../services/addresses.ts';

/** What a request must show before it is looked at any further. */
export interface Gate {
  /** `127.0.0.1:<port>`: a name that merely resolves to this machine is another site's. */
  host: string;
  /** First part of every path. */
  token: string;
}

export type Admission = { ok: true; segments: string[]; query: URLSearchParams } | { ok: false; status: 400 | 403 | 404 };

const forbidden = { ok: false, status: 403 } as const;

/** Checks where a request comes from and takes its path apart. */
export function admit(request: IncomingMessage, gate: Gate): Admission {
  const { host, origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (host !== gate.host || (origin !== undefined && origin !== `http://${gate.host}`)) {
    return forbidden;
  }
  const writes = request.method !== 'GET' && request.method !== 'HEAD';
  const upgrades = request.headers.upgrade !== undefined;
  if ((writes || upgrades) && origin === undefined) {
    return forbidden;
  }
  const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
  const [, token = '', below] = /^\/([^/]*)(?:\/(.*))?$/s.exec(path) ?? [];
  if (!equal(token, gate.token)) {
    return forbidden;
  }
  // Only the page itself may be opened from the address bar; nothing by a link from elsewhere.
  const isPage = below === '';
  if (site !== undefined && site !== 'same-origin' && !(isPage && site === 'none')) {
    return forbidden;
  }
  if (below === undefined) {
    return { ok: false, status: 404 };
  }
  const segments = addressSegments(below);
  return segments === null ? { ok: false, status: 400 } : { ok: true, segments, query: new URLSearchParams(query) };
}

function equal(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
