import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stampFolder } from './paths.mjs';

/**
 * Every file under these paths, in a fixed order.
 * @param {string} path   a file or a folder
 * @param {(path: string) => boolean} keep
 * @returns {string[]}
 */
export function filesUnder(path, keep = () => true) {
  // Editors come and go with temporary files while we look.
  const entry = keep(path) ? statSync(path, { throwIfNoEntry: false }) : undefined;
  if (entry === undefined) return [];
  if (!entry.isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name), keep));
}

/**
 * Changes when a file is added, removed, renamed, or written. Reads no contents, so that it is quick;
 * a touched file costs one needless look by the build tool, which then decides.
 * @param {string[]} files
 */
export function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const entry = statSync(file, { throwIfNoEntry: false });
    hash.update(`${file}\0${entry?.size}\0${entry?.mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** @param {string} name */
const stampPath = (name) => join(stampFolder, name);

/**
 * @param {string} name
 * @param {string} value
 */
export function isStamped(name, value) {
  try {
    return readFileSync(stampPath(name), 'utf8') === value;
  } catch {
    return false;
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function stamp(name, value) {
  mkdirSync(stampFolder, { recursive: true });
  writeFileSync(stampPath(name), value);
}
