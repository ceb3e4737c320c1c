import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { logFile, root } from './paths.mjs';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Ends what setup has started, so that an interrupted set-up leaves no compiler behind. */
export function endChildren() {
  for (const child of running) child.kill('SIGTERM');
}

const plainlyAnError = /\berror:|^E: |^CMake Error|npm error/i;
const perhapsAnError = /\berror\b|failed|not found|unable to|cannot/i;

/**
 * The part of a build or package manager's output that says what went wrong, as one line.
 * @param {string[]} lines
 */
export function tellingLine(lines) {
  const plain = lines.findIndex((line) => plainlyAnError.test(line));
  const at = plain === -1 ? lines.findIndex((line) => perhapsAnError.test(line)) : plain;
  if (at === -1) return undefined;
  // CMake and npm say on the first line only that there is an error, and on the next ones which.
  const more = /^CMake Error|^npm error code/.test(lines[at] ?? '') ? 3 : 1;
  return lines.slice(at, at + more).map((line) => line.trim()).filter(Boolean).join(' ').slice(0, 300);
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>} its exit code; 127 when it could not be started
 */
function ended(child) {
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve(127);
    });
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}

/**
 * Runs a command with its output appended to build/setup.log.
 * `lastError` is what to add to a sentence after a failure: the telling line and where the log is.
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env]   added to this process' own
 * @param {(line: string) => void} [onLine]
 * @returns {Promise<{ code: number, lastError: string }>}
 */
export async function runLogged(command, args, env = {}, onLine = () => undefined) {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  /** @type {string[]} */
  const lines = [];
  try {
    writeSync(log, `\n$ ${[command, ...args].join(' ')}\n`);
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['inherit', 'pipe', 'pipe'] });
    running.add(child);
    const read = async (/** @type {import('node:stream').Readable} */ stream) => {
      for await (const line of createInterface({ input: stream })) {
        writeSync(log, `${line}\n`);
        lines.push(line);
        onLine(line);
      }
    };
    const [code] = await Promise.all([ended(child), read(child.stdout), read(child.stderr)]);
    running.delete(child);
    const line = code === 127 ? `${command} was not found` : tellingLine(lines);
    return { code, lastError: `${line === undefined ? '' : `: ${line}`} (see ${relative(root, logFile)})` };
  } finally {
    closeSync(log);
  }
}
