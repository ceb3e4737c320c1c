import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { StemwrightError } from '../contract/errors.ts';

/**
 * Holds a data folder for one process, by listening at an address that follows from its path. It is free again when the
 * process ends, however it ends.
 * @throws StemwrightError 'usage' when another process has it
 */
export async function holdFolder(folder: string): Promise<{ release(): Promise<void> }> {
  const address = addressOf(folder);
  const server = createServer((socket) => socket.destroy());
  if (!(await listens(server, address))) {
    if (await answers(address)) {
      throw new StemwrightError('usage', 'the studio is open already', 'Use that window, or close it first.');
    }
    // Left by a process that was killed.
    await rm(address, { force: true });
    if (!(await listens(server, address))) {
      throw new StemwrightError('usage', 'the studio is being opened by another process', 'Use that window, or try again.');
    }
  }
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => { resolve(); })) };
}

function addressOf(folder: string): string {
  const name = `stemwright-${createHash('sha256').update(`${userInfo().username}\n${folder}`).digest('hex').slice(0, 24)}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

/** @return false when the address is taken */
function listens(server: Server, address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if ('code' in error && error.code === 'EADDRINUSE') {
        resolve(false);
      } else {
        reject(error);
      }
    });
    server.listen(address, () => {
      server.removeAllListeners('error');
      resolve(true);
    });
  });
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
