import { resolve } from 'node:path';
import { inspectFile } from '../services/inspect.ts';
import { parse } from './arguments.ts';
import { usageFault } from './usage.ts';

export async function runInfo(args: string[], folder: string, signal: AbortSignal): Promise<number> {
  const { positionals } = parse(args, {});
  const [file, ...rest] = positionals;
  if (file === undefined || file === '' || rest.length > 0) {
    throw usageFault('info takes one FILE');
  }
  for (const [name, value] of await inspectFile(resolve(folder, file), signal)) {
    process.stdout.write(`${name.padEnd(12)} ${value}\n`);
  }
  return 0;
}
