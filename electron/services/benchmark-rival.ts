import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}

/** The rival's process, which answers one line with one line. */
export class Rival {
  readonly #command: readonly string[];
  #process: ChildProcessByStdio<Writable, Readable, null> | null = null;
  #lines: AsyncIterator<string> | null = null;

  constructor(program: readonly string[], args: readonly string[]) {
    this.#command = [...program, ...args];
  }

  /** @returns its name and version */
  async start(): Promise<string> {
    const [file = '', ...args] = this.#command;
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process = child;
    await once(child, 'spawn');
    // What is written to one that has ended is told by its missing answer.
    child.stdin.on('error', () => undefined);
    const lines: Interface = createInterface({ input: child.stdout });
    this.#lines = lines[Symbol.asyncIterator]();
    const version = /^ready (\S+)$/.exec(await this.#line())?.[1];
    if (version === undefined) throw new Error('ONNX Runtime did not start');
    return `ONNX Runtime ${version}`;
  }

  /** @param question what it is asked; many answer always the same */
  async time(question = ''): Promise<number> {
    this.#process?.stdin.write(`${question}\n`);
    const seconds = Number(await this.#line());
    if (!(seconds > 0)) throw new Error('ONNX Runtime gave no time');
    return seconds;
  }

  stop(): void {
    this.#process?.kill();
  }

  async #line(): Promise<string> {
    const next = await this.#lines?.next();
    if (next?.done !== false) throw new Error('ONNX Runtime ended early');
    return next.value;
  }
}
