/** Written by programs that did not know the length: not a claim. */
const unknownSizes = new Set([0, 0xffff_ffff, 0x7fff_ffff]);

/**
 * The seconds that a WAV header promises when the file holds less, else null. ffmpeg silently takes what is there.
 * @param head the file's first bytes
 */
export function riffClaim(head: Buffer, fileBytes: number): number | null {
  const isWave = head.length >= 12 && head.subarray(8, 12).toString('latin1') === 'WAVE';
  if (!isWave || head.subarray(0, 4).toString('latin1') !== 'RIFF') {
    return null;
  }
  let bytesPerSecond = 0;
  for (let at = 12; at + 8 <= head.length; ) {
    const id = head.subarray(at, at + 4).toString('latin1');
    const size = head.readUInt32LE(at + 4);
    if (id === 'fmt ' && at + 20 <= head.length) {
      bytesPerSecond = head.readUInt32LE(at + 16);
    }
    if (id === 'data') {
      const isShort = !unknownSizes.has(size) && at + 8 + size > fileBytes;
      return isShort && bytesPerSecond > 0 ? size / bytesPerSecond : null;
    }
    at += 8 + size + (size % 2);
  }
  return null;
}
