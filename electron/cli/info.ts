import { resolve } from 'node:path';
import { describeEngine, inspectFile } from '../services/inspect.ts';
import { parse } from './arguments.ts';
import { usageFault } from './usage.ts';

/** What a file holds, and what computes here. */
export async function runInfo(args: string[], folder: string, signal: AbortSignal): Promise<number> {
  const { positionals } = parse(args, {});
  const [file, ...rest] = positionals;
  if (file === '' || rest.length > 0) {
    throw usageFault('info takes one FILE, or none');
  }
  const held = file === undefined ? [] : await inspectFile(resolve(folder, file), signal);
  for (const [name, value] of [...held, ...describeEngine()]) {
    process.stdout.write(`${name.padEnd(12)} ${value}\n`);
  }
  return 0;
}
