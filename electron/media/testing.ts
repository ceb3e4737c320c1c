/** Makes small songs for tests: through ffmpeg, or header by header. */
import { writeFile } from 'node:fs/promises';
import { decode } from './decode.ts';
import { probe } from './probe.ts';
import { runTool } from './process.ts';

/** @param channels an expression in t for each channel, full scale ±1 */
export function tone(channels: readonly string[], rate: number, samples: number): string[] {
  const layouts = ['mono', 'stereo', '2.1', 'quad', '5.0', '5.1', '6.1', '7.1'];
  const layout = layouts[channels.length - 1] ?? `${channels.length}c`;
  return ['-f', 'lavfi', '-i', `aevalsrc=${channels.join('|')}:s=${rate}:c=${layout},atrim=end_sample=${samples}`];
}

export async function ffmpeg(...args: readonly string[]): Promise<void> {
  const { ok, errors } = await runTool('ffmpeg', ['-nostdin', '-y', '-loglevel', 'error', ...args]);
  if (!ok) {
    throw new Error(`ffmpeg ${args.join(' ')}: ${errors.join(' ')}`);
  }
}

export interface WaveHeader {
  id?: string;
  /** WAVE_FORMAT_…: 1 integer, 3 float. */
  format?: number;
  channels?: number;
  rate?: number;
  bits?: number;
  /** What the data chunk claims to hold, in bytes. */
  claimed?: number;
  /** A chunk between `fmt ` and `data`. */
  extra?: Buffer;
}

export function wave(data: Buffer, header: WaveHeader = {}): Buffer {
  const { id = 'RIFF', format = 3, channels = 2, rate = 44_100, bits = 32, claimed = data.length, extra = Buffer.alloc(0) } = header;
  const frame = (channels * bits) / 8;
  const bytes = Buffer.alloc(36);
  bytes.write(id, 0, 'latin1');
  bytes.writeUInt32LE(Math.min(0xffff_ffff, 36 + extra.length + claimed), 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(format, 20);
  bytes.writeUInt16LE(channels, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE((rate * frame) >>> 0, 28);
  bytes.writeUInt16LE(frame, 32);
  bytes.writeUInt16LE(bits, 34);
  const chunk = Buffer.from('data\0\0\0\0', 'latin1');
  chunk.writeUInt32LE(claimed, 4);
  return Buffer.concat([bytes, extra, chunk, data]);
}

/** Interleaved f32le. */
export function floats(frames: number, channels: number, value: (frame: number, channel: number) => number): Buffer {
  const bytes = Buffer.alloc(4 * frames * channels);
  for (let i = 0; i < frames * channels; i++) {
    bytes.writeFloatLE(value(Math.floor(i / channels), i % channels), 4 * i);
  }
  return bytes;
}

export function sineFloats(frames: number, channels = 2, gain = 0.3): Buffer {
  return floats(frames, channels, (frame, channel) => gain * Math.sin((frame * (channel + 1)) / 20));
}

export async function writeWave(path: string, data: Buffer, header: WaveHeader = {}): Promise<void> {
  await writeFile(path, wave(data, header));
}

/** A whole song in memory, interleaved. */
export async function decodeAll(path: string): Promise<Float32Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of decode(await probe(path))) {
    chunks.push(chunk);
  }
  return new Float32Array(Uint8Array.from(Buffer.concat(chunks)).buffer);
}

/** Noise that every run makes alike, in ±gain. */
export function noise(frames: number, channels: number, gain: number): Buffer {
  let state = 1;
  return floats(frames, channels, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return gain * (state / 2 ** 31 - 1);
  });
}
