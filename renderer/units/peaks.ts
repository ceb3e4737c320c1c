/** The drawing data of one track: lowest and highest sample and RMS of each stretch, at several sizes of stretch. */
export interface Peaks {
  channels: number;
  /** Of the track. */
  frames: number;
  framesPerPeak: number;
  /** Finest first; each holds (min, max) a channel, peak by peak, −127 to 127. */
  levels: Int8Array[];
  /** Of the same levels, one a channel, 0 to 255; none in a file of version 1. */
  rms: Uint8Array[];
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
  const version = word(4);
  if (word(0) !== magic || (version !== 1 && version !== 2)) throw new RangeError('peaks: not a peaks file of version 1 or 2');
  const [channels, framesPerPeak, count] = [word(8), word(12), word(24)];
  const frames = Number(view.getBigUint64(16, true));
  if (channels < 1 || channels > 64 || framesPerPeak < 1 || count > 64) throw new RangeError('peaks: impossible sizes');

  let offset = headerBytes;
  const take = <T>(make: (bytes: ArrayBuffer, offset: number, length: number) => T, perPeak: number): T[] => {
    let peaks = Math.ceil(frames / framesPerPeak);
    return Array.from({ length: count }, () => {
      const length = peaks * perPeak;
      if (offset + length > bytes.byteLength) throw new RangeError('peaks: cut short');
      const values = make(bytes, offset, length);
      offset += length;
      peaks = Math.ceil(peaks / 2);
      return values;
    });
  };
  return {
    ...{ channels, frames, framesPerPeak },
    levels: take((...place) => new Int8Array(...place), channels * 2),
    rms: version === 1 ? [] : take((...place) => new Uint8Array(...place), channels),
  };
}

/** One number each for every column of a picture, over all channels, −1 to 1; 0 outside the track. */
export interface Columns {
  low: Float32Array;
  high: Float32Array;
  /** Root of the mean square. */
  rms: Float32Array;
}

/**
 * Takes the coarsest level that still has a peak for every column, so that the cost does not grow with the song.
 * @param start frame at the left edge
 * @param framesPerColumn may be a fraction, and less than one peak
 */
export function columns(peaks: Peaks, start: number, framesPerColumn: number, count: number): Columns {
  const out = { low: new Float32Array(count), high: new Float32Array(count), rms: new Float32Array(count) };
  const wanted = Math.floor(Math.log2(Math.max(1, framesPerColumn / peaks.framesPerPeak)));
  const level = Math.min(wanted, peaks.levels.length - 1);
  const data = peaks.levels[level];
  if (data === undefined) return out;
  const rms = peaks.rms[level];
  const { channels } = peaks;
  const total = data.length / (channels * 2);
  const size = peaks.framesPerPeak * 2 ** level;
  for (let column = 0; column < count; column++) {
    const first = Math.max(0, Math.floor((start + column * framesPerColumn) / size)) * channels;
    const last = Math.min(total, Math.max(first / channels + 1, Math.floor((start + (column + 1) * framesPerColumn) / size))) * channels;
    let low = 0;
    let high = 0;
    let squares = 0;
    for (let index = first; index < last; index++) {
      low = Math.min(low, data[index * 2] ?? 0);
      high = Math.max(high, data[index * 2 + 1] ?? 0);
      squares += (rms?.[index] ?? 0) ** 2;
    }
    out.low[column] = low / 127;
    out.high[column] = high / 127;
    out.rms[column] = last > first ? Math.sqrt(squares / (last - first)) / 255 : 0;
  }
  return out;
}

/**
 * Linear: how much louder a quiet track is drawn so that its form is seen, in whole steps of 6 dB; 1 for silence.
 * Null: it lies below the least that peaks can tell, and its form is not known.
 */
export function drawingGain({ levels }: Peaks): number | null {
  let top = 0;
  for (const value of levels.at(-1) ?? []) top = Math.max(top, Math.abs(value));
  if (top === 0) return 1;
  return top === 1 ? null : 2 ** Math.max(0, Math.floor(Math.log2((0.9 * 127) / top)));
}
