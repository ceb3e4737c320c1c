import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** @param {unknown} error */
const codeOf = (error) => (error instanceof Error && 'code' in error ? error.code : undefined);

/** @param {string} path */
function holder(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** @param {string} pid */
function isAlive(pid) {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** @param {string} path */
function tryLock(path) {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    // A link appears whole, so nobody can read a lock that has no owner in it yet.
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Takes a dead owner's lock away. Another waiter may have done so and taken the lock meanwhile: then it is put back.
 * @param {string} path
 * @param {string} dead
 */
function clearStale(path, dead) {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
    if (holder(aside) !== dead) linkSync(aside, path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/**
 * Runs `body` while holding a lock file, so that two commands started at once do not build twice.
 * A lock whose owner has died does not count.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} body
 * @param {(pid: string) => void} onWait   called once, when another process is at work
 */
export async function withLock(path, body, onWait) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!tryLock(path)) {
    const pid = holder(path);
    if (pid !== undefined && !isAlive(pid)) {
      clearStale(path, pid);
    } else if (pid !== undefined) {
      if (!told) onWait(pid);
      told = true;
      await sleep(200);
    }
  }
  const release = () => {
    if (holder(path) === String(process.pid)) rmSync(path, { force: true });
  };
  process.once('exit', release);
  try {
    return await body();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}
