import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { cancelled, StemwrightError } from '../contract/errors.ts';

export type Tool = 'ffmpeg' | 'ffprobe';

const maxErrorBytes = 16_384;
const maxOutputBytes = 16 << 20;

/** How a child ended. `errors` is the beginning of its standard error, which at its log level holds faults only. */
export interface ToolEnd {
  ok: boolean;
  errors: string[];
}

/** Starts a program in a session of its own, without anything to read. */
export type StartProgram = (
  program: string,
  args: readonly string[],
) => {
  /** Descriptors of what it writes. */
  output: number;
  errors: number;
  kill(): void;
  /** Its exit code; null when it was killed. */
  wait(): Promise<number | null>;
};

let startProgram: StartProgram | null = null;

/**
 * From now on tools are started this way; null: as Node does it. On Linux that is a fork, which copies the page tables of a
 * process of some hundred MB, and sound that plays stops for as long.
 */
export function startToolsThrough(start: StartProgram | null): void {
  startProgram = start;
}

interface Child {
  stdout: Readable;
  stderr: Readable;
  kill: () => void;
  /** With the exit code, once all that it wrote was read. */
  ended: Promise<number | null>;
}

interface Running {
  child: Child;
  end: Promise<ToolEnd>;
}

const living = new Set<Child>();
process.on('exit', () => {
  for (const child of living) {
    child.kill();
  }
});

function spawned(tool: Tool, args: readonly string[]): Child {
  const child = spawn(tool, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32', windowsHide: true });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => {
      reject(toolMissing(tool, error));
    });
    child.once('close', resolve);
  });
  return { stdout: child.stdout, stderr: child.stderr, kill: () => child.kill('SIGKILL'), ended };
}

function started(start: StartProgram, name: string, args: readonly string[]): Child {
  const program = start(name, args);
  const [stdout, stderr] = [program.output, program.errors].map((fd) => new Socket({ fd, readable: true, writable: false })) as [Socket, Socket];
  const closed = [stdout, stderr].map((stream) => new Promise((resolve) => stream.once('close', resolve)));
  const kill = (): void => {
    program.kill();
  };
  return { stdout, stderr, kill, ended: Promise.all(closed).then(() => program.wait()) };
}

function startedTool(start: StartProgram, tool: Tool, args: readonly string[]): Child {
  try {
    return started(start, tool, args);
  } catch (error) {
    throw toolMissing(tool, error);
  }
}

/**
 * Runs the tool in a session of its own: a Ctrl-C at the terminal then reaches it only through `signal`, which kills it
 * at once.
 */
function start(tool: Tool, args: readonly string[], signal: AbortSignal | undefined): Running {
  signal?.throwIfAborted();
  const line = ['-hide_banner', ...args];
  const child = startProgram === null ? spawned(tool, line) : startedTool(startProgram, tool, line);
  living.add(child);
  signal?.addEventListener('abort', child.kill, { once: true });

  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text.slice(0, Math.max(0, maxErrorBytes - stderr.length));
  });
  const end = child.ended
    .then((code) => ({ ok: code === 0, errors: stderr.split('\n').filter((text) => text.trim() !== '') }))
    .finally(() => {
      living.delete(child);
      signal?.removeEventListener('abort', child.kill);
    });
  end.catch(() => undefined);
  return { child, end };
}

function toolMissing(tool: Tool, error: unknown): StemwrightError {
  const install = process.platform === 'darwin' ? 'brew install ffmpeg' : 'sudo apt install ffmpeg';
  return new StemwrightError('internal', `${tool} cannot be started: ${error instanceof Error ? error.message : String(error)}`, `Install it: ${install}.`, { cause: error });
}

/** Runs a tool to its end and gives its standard output. */
export async function runTool(tool: Tool, args: readonly string[], options: { signal?: AbortSignal | undefined; timeoutMs?: number } = {}): Promise<ToolEnd & { output: string }> {
  const { child, end } = start(tool, args, options.signal);
  const timer = setTimeout(child.kill, options.timeoutMs ?? 2 ** 31 - 1);
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxOutputBytes) {
      child.kill();
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
      child.kill();
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

/** Leaves a program running by itself, and says so where there is none. */
const launchScript = 'command -v "$1" > /dev/null || { echo "$1: not found" >&2; exit 127; }; "$@" > /dev/null 2>&1 &';

/** Starts a program that goes on by itself, after this one has ended too. @throws Error when it cannot be started */
export async function launch(program: string, args: readonly string[]): Promise<void> {
  if (startProgram === null) {
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    await once(child, 'spawn');
    child.unref();
    return;
  }
  // What the engine starts ends with it: the shell does, at once.
  const shell = started(startProgram, '/bin/sh', ['-c', launchScript, 'sh', program, ...args]);
  shell.stdout.resume();
  const [errors, code] = await Promise.all([text(shell.stderr), shell.ended]);
  if (code !== 0) throw new Error(errors.trim());
}

/** A path as ffmpeg must be given it: no protocol, option or pattern can be read into it. */
export function fileUrl(path: string): string {
  return `file:${path}`;
}

/** Every input is opened with these: no network, no playlist that leads elsewhere. */
export const inputGuard = ['-protocol_whitelist', 'file,pipe'] as const;
