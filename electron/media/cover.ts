import { readFile, writeFile } from 'node:fs/promises';
import type { MediaInfo } from './probe.ts';
import { fileUrl, inputGuard, runTool } from './process.ts';

/** The pictures that all tag formats carry: as ffmpeg calls them, and how such a file begins. */
const pictures = [
  { codec: 'mjpeg', mime: 'image/jpeg', start: Buffer.from([0xff, 0xd8]) },
  { codec: 'png', mime: 'image/png', start: Buffer.from([0x89, 0x50, 0x4e, 0x47]) },
];
const frontCover = 3;

/**
 * Copies the song's cover picture as it is.
 * @return whether there was one that could be copied
 */
export async function extractCover(info: MediaInfo, output: string, signal?: AbortSignal): Promise<boolean> {
  if (info.cover === null || !pictures.some(({ codec }) => codec === info.cover?.codec)) {
    return false;
  }
  const args = [...inputGuard, '-i', fileUrl(info.path), '-map', `0:${info.cover.stream}`, '-c', 'copy', '-frames:v', '1', '-f', 'image2pipe', fileUrl(output)];
  const end = await runTool('ffmpeg', ['-nostdin', '-y', '-loglevel', 'error', ...args], { signal });
  return end.ok && end.errors.length === 0;
}

/**
 * The picture in the form that `encode` wants it in.
 * @param form 'stream': the picture file; 'comment': an ffmetadata file with the picture as a Vorbis comment
 * @param output where that is written when it is another file
 * @return null when the file is no picture that can be carried
 */
export async function coverAs(form: 'stream' | 'comment', picture: string, output: string): Promise<string | null> {
  const bytes = await readFile(picture);
  const kind = pictures.find(({ start }) => bytes.subarray(0, start.length).equals(start));
  if (kind === undefined || form === 'stream') {
    return kind === undefined ? null : picture;
  }
  const block = pictureBlock(bytes, kind.mime).toString('base64');
  await writeFile(output, `;FFMETADATA1\nMETADATA_BLOCK_PICTURE=${block.replaceAll('=', '\\=')}\n`);
  return output;
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
