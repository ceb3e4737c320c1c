import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cancelled, fromWriteError, printable, StemwrightError } from '../contract/errors.ts';

export interface Download {
  url: string;
  /** Appears complete and verified, or not at all; until then `<path>.part` holds what has come. */
  path: string;
  /** The first hexadecimal digits of the file's SHA-256. */
  sha256Prefix: string;
}

export interface DownloadOptions {
  signal?: AbortSignal;
  /** @param total null where the server does not say */
  onProgress?: (bytes: number, total: number | null) => void;
  /** Attempts in a row that bring nothing new. */
  attempts?: number;
  firstDelayMs?: number;
  /** A connection that brings nothing for this long is given up. */
  stallMs?: number;
  maxBytes?: number;
}

const defaults = { attempts: 5, firstDelayMs: 500, stallMs: 30_000, maxBytes: 2 ** 31 };

/** A failure that another attempt may mend. */
class Transient extends Error {}

/**
 * Downloads a file, continuing what an earlier run has left behind.
 * @throws StemwrightError 'model' when the server cannot be reached or sends something else
 */
export async function download(file: Download, options: DownloadOptions = {}): Promise<void> {
  const part = `${file.path}.part`;
  await mkdir(dirname(file.path), { recursive: true });
  const resumed = (await sizeOf(part)) > 0;
  await fetchAll(file, part, options);
  if (!(await matches(part, file.sha256Prefix))) {
    await rm(part, { force: true });
    if (!resumed) {
      throw wrongContent(file);
    }
    // What lay here before may have been the beginning of another file.
    await fetchAll(file, part, options);
    if (!(await matches(part, file.sha256Prefix))) {
      await rm(part, { force: true });
      throw wrongContent(file);
    }
  }
  await rename(part, file.path);
}

function wrongContent({ url, sha256Prefix }: Download): StemwrightError {
  return new StemwrightError('model', `${printable(url)}: what came is not the file whose SHA-256 begins with ${sha256Prefix}`, 'Try again later; the server or the connection alters it.');
}

async function fetchAll(file: Download, part: string, options: DownloadOptions): Promise<void> {
  const { attempts, firstDelayMs } = { ...defaults, ...options };
  let failures = 0;
  for (;;) {
    const before = await sizeOf(part);
    try {
      await fetchRest(file, part, before, options);
      return;
    } catch (error) {
      if (options.signal?.aborted === true) {
        throw cancelled();
      }
      if (!(error instanceof Transient)) {
        throw error;
      }
      failures = (await sizeOf(part)) > before ? 1 : failures + 1;
      if (failures >= attempts) {
        throw unreachable(file, error);
      }
      // A cancellation during the pause is met by the next attempt.
      await delay(firstDelayMs * 2 ** (failures - 1), undefined, { signal: options.signal }).catch(() => undefined);
    }
  }
}

function unreachable({ url }: Download, cause: Error): StemwrightError {
  return new StemwrightError('model', `${printable(url)} cannot be downloaded (${cause.message})`, 'Check the connection and run the command again: it continues where it stopped.', { cause });
}

/** One request for what is missing. */
async function fetchRest(file: Download, part: string, have: number, options: DownloadOptions): Promise<void> {
  const { stallMs, maxBytes } = { ...defaults, ...options };
  const stall = new AbortController();
  const watchdog = setTimeout(() => {
    stall.abort();
  }, stallMs);
  const signals = [stall.signal, ...(options.signal === undefined ? [] : [options.signal])];
  try {
    const response = await request(file.url, have, AbortSignal.any(signals));
    const plan = await judge(file, response, have);
    if (plan === 'complete') {
      return;
    }
    const output = await openPart(part, plan.start);
    try {
      await receive(response, output, plan, { ...options, maxBytes, beat: () => watchdog.refresh(), url: file.url });
    } finally {
      await output.close();
    }
  } catch (error) {
    throw transientIfNetwork(error, stall.signal.aborted, part);
  } finally {
    clearTimeout(watchdog);
    stall.abort();
  }
}

function request(url: string, have: number, signal: AbortSignal): Promise<Response> {
  // Identity: a compressed body has another length than the file, and cannot be continued.
  return fetch(url, { signal, headers: { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) } });
}

interface Plan {
  start: number;
  total: number | null;
}

/** What to do with the answer: continue at `have`, begin again at 0, or nothing because all is there. */
async function judge(file: Download, response: Response, have: number): Promise<Plan | 'complete'> {
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  const total = range?.[2] === undefined || range[2] === '*' ? null : Number(range[2]);
  if (response.status === 206 && Number(range?.[1]) === have) {
    return { start: have, total };
  }
  if (response.status === 200) {
    const length = response.headers.get('content-length');
    return { start: 0, total: length === null ? null : Number(length) };
  }
  if (response.status === 416) {
    if (total === have) {
      return 'complete';
    }
    await rm(`${file.path}.part`, { force: true });
    throw new Transient('the server has a shorter file than the one begun');
  }
  if (response.status >= 500 || response.status === 429 || response.status === 408 || response.status === 206) {
    throw new Transient(`the server answered ${response.status}`);
  }
  throw new StemwrightError('model', `${printable(file.url)}: the server answered ${response.status}`, 'The file is not there any more; look for a newer Stemwright.');
}

async function openPart(part: string, start: number): Promise<FileHandle> {
  const output = await open(part, start === 0 ? 'w' : 'r+');
  await output.truncate(start);
  return output;
}

interface Receiving {
  maxBytes: number;
  url: string;
  beat: () => void;
  onProgress?: DownloadOptions['onProgress'];
}

async function receive(response: Response, output: FileHandle, { start, total }: Plan, { maxBytes, url, beat, onProgress }: Receiving): Promise<void> {
  let at = start;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    beat();
    if (at + chunk.length > maxBytes) {
      throw new StemwrightError('model', `${printable(url)}: the server sends more than ${maxBytes} bytes`, 'This is not the expected file.');
    }
    await output.write(chunk, 0, chunk.length, at);
    at += chunk.length;
    onProgress?.(at, total);
  }
  if (total !== null && at < total) {
    throw new Transient('the connection broke off');
  }
  await output.sync();
}

function transientIfNetwork(error: unknown, hasStalled: boolean, path: string): unknown {
  if (error instanceof StemwrightError || error instanceof Transient) {
    return error;
  }
  if (hasStalled) {
    return new Transient('nothing came for a while');
  }
  // fetch reports every network fault as a TypeError, with the reason as its cause.
  if (error instanceof TypeError) {
    const { cause } = error;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    return new Transient(networkReasons[code] ?? (code === '' ? 'the connection broke off' : code));
  }
  return fromWriteError(error, path);
}

const networkReasons: Record<string, string> = {
  ENOTFOUND: 'the server cannot be found; this machine seems to be offline',
  EAI_AGAIN: 'the server cannot be found; this machine seems to be offline',
  ENETUNREACH: 'the network cannot be reached',
  ECONNREFUSED: 'the server refuses connections',
  ECONNRESET: 'the connection broke off',
  UND_ERR_SOCKET: 'the connection broke off',
  UND_ERR_CONNECT_TIMEOUT: 'the server does not answer',
};

async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch(() => null);
  return info?.size ?? 0;
}

async function matches(path: string, prefix: string): Promise<boolean> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex').startsWith(prefix);
}
