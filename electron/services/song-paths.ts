import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { printable, StemwrightError } from '../contract/errors.ts';

/** Endings that a file in a folder must have to be taken for a song. A file that is named itself may have any. */
const songEndings =
  /\.(?:3gp|aac|ac3|aif|aiff|alac|amr|ape|au|caf|dff|dsf|flac|m4a|m4b|m4v|mka|mkv|mov|mp2|mp3|mp4|mpc|mpeg|mpg|oga|ogg|ogv|opus|spx|tta|wav|webm|wma|wmv|wv)$/i;
const maxSongs = 1000;

/** The songs behind dropped paths: files as they are, folders with everything in them that looks like a song. */
export async function songPaths(paths: readonly string[]): Promise<string[]> {
  const songs: string[] = [];
  for (const path of paths) {
    const isFolder = (await stat(path).catch(() => null))?.isDirectory() === true;
    songs.push(...(isFolder ? await inFolder(path) : [path]));
  }
  if (songs.length > maxSongs) {
    throw new StemwrightError('usage', `${songs.length} songs at once`, `Add at most ${maxSongs} at a time.`);
  }
  return songs;
}

async function inFolder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch((error: unknown) => {
    throw new StemwrightError('input', `${printable(folder)}: cannot be read`, 'Check its permissions.', { cause: error });
  });
  const songs = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.') && songEndings.test(entry.name));
  if (songs.length === 0) {
    throw new StemwrightError('input', `${printable(folder)}: holds no songs`, 'Give audio or video files.');
  }
  return songs.map((entry) => join(entry.parentPath, entry.name)).sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
}
