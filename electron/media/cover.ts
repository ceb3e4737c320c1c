import { readFile, writeFile } from 'node:fs/promises';
import type { MediaInfo } from './probe.ts';
import { fileUrl, inputGuard, runTool } from './process.ts';

/** The pictures that all tag formats carry, as ffmpeg calls them. */
const mimeTypes: Record<string, string> = { mjpeg: 'image/jpeg', png: 'image/png' };
const frontCover = 3;

/**
 * Copies the song's cover picture as it is, in the form that `encode` wants it in.
 * @param form 'stream': the picture file; 'comment': an ffmetadata file with the picture as a Vorbis comment
 * @return whether there was one that could be copied
 */
export async function extractCover(info: MediaInfo, output: string, form: 'stream' | 'comment', signal?: AbortSignal): Promise<boolean> {
  const mime = mimeTypes[info.cover?.codec ?? ''];
  if (info.cover === null || mime === undefined) {
    return false;
  }
  const args = [...inputGuard, '-i', fileUrl(info.path), '-map', `0:${info.cover.stream}`, '-c', 'copy', '-frames:v', '1', '-f', 'image2pipe', fileUrl(output)];
  const end = await runTool('ffmpeg', ['-nostdin', '-y', '-loglevel', 'error', ...args], { signal });
  if (!end.ok || end.errors.length > 0) {
    return false;
  }
  if (form === 'comment') {
    const block = pictureBlock(await readFile(output), mime).toString('base64');
    await writeFile(output, `;FFMETADATA1\nMETADATA_BLOCK_PICTURE=${block.replaceAll('=', '\\=')}\n`);
  }
  return true;
}

/** FLAC's METADATA_BLOCK_PICTURE; size and depth may be left 0. */
function pictureBlock(picture: Buffer, mime: string): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const description = number(0);
  const sizeAndDepth = Buffer.alloc(16);
  return Buffer.concat([number(frontCover), number(mime.length), Buffer.from(mime, 'latin1'), description, sizeAndDepth, number(picture.length), picture]);
}
