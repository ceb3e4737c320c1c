/** The drawing data of one track: the lowest and highest sample of each stretch, at several sizes of stretch. */
export interface Peaks {
  channels: number;
  /** Of the track. */
  frames: number;
  framesPerPeak: number;
  /** Finest first; each holds (min, max) a channel, peak by peak, −127 to 127. */
  levels: Int8Array[];
}

const magic = 0x4b50_5753; // "SWPK"
const headerBytes = 32;

/**
 * Reads a `.peaks` file; native/pcm/peaks.h says how it is laid out.
 * @throws RangeError when the bytes are not such a file, or not all of it
 */
export function decodePeaks(bytes: ArrayBuffer): Peaks {
  if (bytes.byteLength < headerBytes) throw new RangeError('peaks: no header');
  const view = new DataView(bytes);
  const word = (offset: number): number => view.getUint32(offset, true);
  if (word(0) !== magic || word(4) !== 1) throw new RangeError('peaks: not a peaks file of version 1');
  const [channels, framesPerPeak, count] = [word(8), word(12), word(24)];
  const frames = Number(view.getBigUint64(16, true));
  if (channels < 1 || channels > 64 || framesPerPeak < 1 || count > 64) throw new RangeError('peaks: impossible sizes');

  const levels: Int8Array[] = [];
  let offset = headerBytes;
  let peaks = Math.ceil(frames / framesPerPeak);
  for (let level = 0; level < count; level++) {
    const length = peaks * channels * 2;
    if (offset + length > bytes.byteLength) throw new RangeError('peaks: cut short');
    levels.push(new Int8Array(bytes, offset, length));
    offset += length;
    peaks = Math.ceil(peaks / 2);
  }
  return { channels, frames, framesPerPeak, levels };
}

/**
 * The extremes over all channels in each column of a picture, −1 to 1, as (min, max) pairs; 0 outside the track.
 * Takes the coarsest level that still has a peak for every column, so that the cost does not grow with the song.
 * @param start frame at the left edge
 * @param framesPerColumn may be a fraction, and less than one peak
 */
export function columns(peaks: Peaks, start: number, framesPerColumn: number, count: number): Float32Array {
  const out = new Float32Array(count * 2);
  const wanted = Math.floor(Math.log2(Math.max(1, framesPerColumn / peaks.framesPerPeak)));
  const level = Math.min(wanted, peaks.levels.length - 1);
  const data = peaks.levels[level];
  if (data === undefined) return out;
  const row = peaks.channels * 2;
  const total = data.length / row;
  const size = peaks.framesPerPeak * 2 ** level;
  for (let column = 0; column < count; column++) {
    const first = Math.max(0, Math.floor((start + column * framesPerColumn) / size));
    const last = Math.min(total, Math.max(first + 1, Math.floor((start + (column + 1) * framesPerColumn) / size)));
    let low = 0;
    let high = 0;
    for (let index = first * row; index < last * row; index += 2) {
      low = Math.min(low, data[index] ?? 0);
      high = Math.max(high, data[index + 1] ?? 0);
    }
    out[column * 2] = low / 127;
    out[column * 2 + 1] = high / 127;
  }
  return out;
}
