import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/setup/paths.mjs';

const run = promisify(execFile);
const demoMix = join(root, 'assets', 'demo', 'mix.flac');

/**
 * The demo song as a file of another kind, which `path`'s ending tells.
 * @param seconds it is repeated until it is that long
 * @returns path
 */
export async function makeSong(path: string, { seconds = 6 } = {}): Promise<string> {
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-stream_loop', '-1', '-i', demoMix, '-t', String(seconds), '-map_metadata', '-1', path]);
  return path;
}

/** A sine at a quarter of full scale. @returns path */
export async function makeTone(path: string, { seconds, hz }: { seconds: number; hz: number }): Promise<string> {
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', `sine=f=${hz}:r=44100:d=${seconds}`, '-af', 'volume=6dB', '-ac', '2', path]);
  return path;
}

/** An impulse response at 44.1 kHz: noise that dies away, the same for both ears. @returns its samples */
export async function makeResponse(path: string, { seconds, every = 1 }: { seconds: number; every?: number }): Promise<Float32Array> {
  let seed = 1;
  const noise = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return (2 * seed) / 2_147_483_647 - 1;
  };
  const frames = Math.round(44_100 * seconds);
  const samples = Float32Array.from({ length: frames }, (_, frame) => (frame % every === 0 ? 0.2 * noise() * 10 ** ((-3 * frame) / frames) : 0));
  const raw = `${path}.f32`;
  await writeFile(raw, Buffer.from(samples.buffer));
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-f', 'f32le', '-ar', '44100', '-ac', '1', '-i', raw, '-c:a', 'pcm_f32le', path]);
  return samples;
}

/** Of interleaved stereo with one response for both, as long as the sound. */
export function convolve(sound: Float32Array, response: Float32Array): Float32Array {
  const out = new Float32Array(sound.length);
  for (const [frame, gain] of response.entries()) {
    if (gain === 0) continue;
    for (let at = 2 * frame; at < out.length; at++) out[at] = (out[at] ?? 0) + gain * (sound[at - 2 * frame] ?? 0);
  }
  return out;
}

/** A long file that is small and quickly made. @returns path */
export async function makeSilence(path: string, seconds: number): Promise<string> {
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono', '-t', String(seconds), '-compression_level', '0', path]);
  return path;
}

/** What has a song's name and nothing of a song. @returns path */
export async function makeCorruptSong(path: string): Promise<string> {
  await writeFile(path, 'la la la');
  return path;
}

export interface AudioFile {
  codec: string;
  rate: number;
  channels: number;
  seconds: number;
}

export async function probe(path: string): Promise<AudioFile> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-of', 'json', '-show_entries', 'stream=codec_name,sample_rate,channels:format=duration', path]);
  const { streams: [stream], format } = JSON.parse(stdout) as { streams: { codec_name: string; sample_rate: string; channels: number }[]; format: { duration: string } };
  if (stream === undefined) throw new Error(`${path} has no sound`);
  return { codec: stream.codec_name, rate: Number(stream.sample_rate), channels: stream.channels, seconds: Number(format.duration) };
}

/** @returns the samples of all channels, interleaved, as 32-bit floats */
export async function decode(path: string): Promise<Float32Array> {
  const { stdout } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', path, '-f', 'f32le', '-'], { encoding: 'buffer', maxBuffer: 2 ** 30 });
  return floats(stdout);
}

/** @returns a copy that lies at an address which floats can have */
export function floats(bytes: Buffer): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
