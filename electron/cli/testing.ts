/** Runs the command as a user does: in a process of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const loader = import.meta.resolve('tsx');

export interface Run {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** A command that runs the given one, e.g. `['unshare', …]`. */
  wrapper?: readonly string[];
  /** Called with everything that standard error has said so far, whenever it says more. */
  onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

export function stemwright(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const [command = '', ...rest] = [...(options.wrapper ?? []), process.execPath, '--import', loader, main, ...args];
  // npm's word on where the tests were started is not meant for this command.
  const env = { ...process.env, INIT_CWD: undefined, ...options.env };
  const child = spawn(command, rest, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const run: Run = { code: null, signal: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (run.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    run.stderr += text;
    options.onStderr?.(run.stderr, (signal) => child.kill(signal));
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ ...run, code, signal });
    });
  });
}
