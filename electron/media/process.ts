import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { cancelled, StemwrightError } from '../contract/errors.ts';

export type Tool = 'ffmpeg' | 'ffprobe';

const maxErrorBytes = 16_384;
const maxOutputBytes = 16 << 20;

/** How a child ended. `errors` is the beginning of its standard error, which at its log level holds faults only. */
export interface ToolEnd {
  ok: boolean;
  errors: string[];
}

interface Running {
  child: ChildProcessByStdio<null, Readable, Readable>;
  end: Promise<ToolEnd>;
}

const living = new Set<Running['child']>();
process.on('exit', () => {
  for (const child of living) {
    child.kill('SIGKILL');
  }
});

/**
 * Runs the tool in a process group of its own: a Ctrl-C at the terminal then reaches it only through `signal`, which
 * kills it at once.
 */
function start(tool: Tool, args: readonly string[], signal: AbortSignal | undefined): Running {
  signal?.throwIfAborted();
  const child = spawn(tool, ['-hide_banner', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  living.add(child);
  const kill = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });

  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text.slice(0, Math.max(0, maxErrorBytes - stderr.length));
  });
  const end = new Promise<ToolEnd>((resolve, reject) => {
    child.once('error', (error) => {
      reject(toolMissing(tool, error));
    });
    child.once('close', (code) => {
      resolve({ ok: code === 0, errors: stderr.split('\n').filter((line) => line.trim() !== '') });
    });
  }).finally(() => {
    living.delete(child);
    signal?.removeEventListener('abort', kill);
  });
  end.catch(() => undefined);
  return { child, end };
}

function toolMissing(tool: Tool, error: Error): StemwrightError {
  const install = process.platform === 'darwin' ? 'brew install ffmpeg' : 'sudo apt install ffmpeg';
  return new StemwrightError('internal', `${tool} cannot be started: ${error.message}`, `Install it: ${install}.`, { cause: error });
}

/** Runs a tool to its end and gives its standard output. */
export async function runTool(tool: Tool, args: readonly string[], options: { signal?: AbortSignal | undefined; timeoutMs?: number } = {}): Promise<ToolEnd & { output: string }> {
  const { child, end } = start(tool, args, options.signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 2 ** 31 - 1);
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxOutputBytes) {
      child.kill('SIGKILL');
    } else {
      chunks.push(chunk);
    }
  });
  try {
    const result = await end;
    throwIfCancelled(options.signal);
    return { ...result, output: Buffer.concat(chunks).toString('utf8') };
  } finally {
    clearTimeout(timer);
  }
}

/** Standard output as it comes, and then how the tool ended. Leaving the loop early kills the tool. */
export async function* streamTool(tool: Tool, args: readonly string[], signal: AbortSignal | undefined): AsyncGenerator<Buffer, ToolEnd> {
  const { child, end } = start(tool, args, signal);
  let drained = false;
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      yield chunk;
    }
    drained = true;
  } finally {
    if (!drained) {
      child.kill('SIGKILL');
    }
    await end.catch(() => undefined);
  }
  const result = await end;
  throwIfCancelled(signal);
  return result;
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw cancelled();
  }
}

/** A path as ffmpeg must be given it: no protocol, option or pattern can be read into it. */
export function fileUrl(path: string): string {
  return `file:${path}`;
}

/** Every input is opened with these: no network, no playlist that leads elsewhere. */
export const inputGuard = ['-protocol_whitelist', 'file,pipe'] as const;
