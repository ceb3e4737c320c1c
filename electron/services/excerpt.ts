import { createReadStream, createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** Copies frames [start, end) of a track of f32le into a track of their own. */
export async function excerpt(track: string, channels: number, [start, end]: readonly [number, number], output: string, signal?: AbortSignal): Promise<void> {
  const frameBytes = channels * 4;
  if (end <= start) {
    await writeFile(output, '');
    return;
  }
  await pipeline(createReadStream(track, { start: start * frameBytes, end: end * frameBytes - 1 }), createWriteStream(output), ...(signal === undefined ? [] : [{ signal }]));
}
