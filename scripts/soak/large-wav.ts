// A stem past 4 GB is RF64 and reads back whole. Needs 9 GB of disk; the samples themselves are a hole in a file.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from '../../electron/media/encode.ts';
import { probe } from '../../electron/media/probe.ts';

const rate = 192_000;
const frames = Math.ceil(2 ** 32 / 8) + 1000;
const folder = await mkdtemp(join(tmpdir(), 'stemwright-soak-'));

try {
  const path = join(folder, 'stem.f32');
  const output = join(folder, 'stem.wav');
  const track = await open(path, 'w');
  await track.truncate(frames * 8);
  await track.close();
  await encode({ source: { path, rate, channels: 2 }, output, format: 'wav32f', gain: 1, dither: 'none', tags: {}, cover: null });

  const head = await open(output, 'r');
  const { buffer } = await head.read(Buffer.alloc(4), 0, 4, 0);
  await head.close();
  const seconds = (await probe(output)).claimedSeconds ?? 0;
  process.stdout.write(`${buffer.toString('latin1')}, ${Math.round(seconds * rate)} of ${frames} frames\n`);
  process.exitCode = buffer.toString('latin1') === 'RF64' && Math.round(seconds * rate) === frames ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
