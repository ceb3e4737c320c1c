import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { root } from '../setup/paths.mjs';

const stems = ['drums', 'bass', 'other', 'vocals'] as const;
const folder = join(root, 'assets', 'demo');
const Demo = z.object({
  licence: z.literal('CC0-1.0'),
  frames: z.number().int(),
  sampleRate: z.literal(44_100),
  channels: z.literal(2),
  sources: z.array(z.object({ name: z.string(), licence: z.enum(['MIT', 'CMU BSD-like']) })).min(1),
  generator: z.object({ folder: z.literal('scripts/make-demo'), sha256: z.string() }),
});
const demo = Demo.parse(JSON.parse(readFileSync(join(folder, 'demo.json'), 'utf8')));

function ffmpeg(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('ffmpeg', ['-hide_banner', '-nostdin', ...args], { maxBuffer: 1 << 28 });
  expect(status, stderr.toString()).toBe(0);
  return { stdout, stderr: stderr.toString() };
}

/** Interleaved 16-bit samples, as they are in the file. */
function samples(name: string): Int16Array {
  const { stdout } = ffmpeg('-loglevel', 'error', '-i', join(folder, `${name}.flac`), '-f', 's16le', '-');
  return new Int16Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.byteLength));
}

const mix = samples('mix');
const tracks = Object.fromEntries(stems.map((stem) => [stem, samples(stem)])) as Record<(typeof stems)[number], Int16Array>;

function longestSilence(track: Int16Array): number {
  let longest = 0;
  let run = 0;
  for (const sample of track) {
    run = sample === 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest / demo.channels / demo.sampleRate;
}

it('the mix is the sum of the stems, sample for sample', () => {
  for (const stem of stems) {
    expect(tracks[stem].length, stem).toBe(mix.length);
  }
  expect(mix.length).toBe(demo.frames * demo.channels);
  const differing = mix.findIndex((sample, i) => stems.reduce((sum, stem) => sum + (tracks[stem][i] ?? 0), 0) !== sample);
  expect(differing).toBe(-1);
});

it.each(stems)('%s plays for most of the song and is silent for two seconds', (stem) => {
  expect(longestSilence(tracks[stem])).toBeGreaterThanOrEqual(2);
  const sounding = tracks[stem].filter((sample) => Math.abs(sample) > 64).length / mix.length;
  expect(sounding).toBeGreaterThan(0.5);
});

it('peaks stay below -1 dBFS, in the stems too', () => {
  for (const [name, track] of Object.entries({ mix, ...tracks })) {
    const peak = track.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    expect(20 * Math.log10(peak / 32_768), name).toBeLessThan(-1);
  }
});

it('the mix is about -14 LUFS and about 30 s long', () => {
  const { stderr } = ffmpeg('-i', join(folder, 'mix.flac'), '-af', 'ebur128=framelog=verbose', '-f', 'null', '-');
  const loudness = Number(/I:\s+(-?[\d.]+) LUFS/.exec(stderr)?.[1]);
  expect(Math.abs(loudness + 14)).toBeLessThan(0.5);
  expect(Math.abs(demo.frames / demo.sampleRate - 30)).toBeLessThan(2);
});

it('all files together are under 8 MB', () => {
  const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  expect(bytes).toBeLessThan(8_000_000);
});

it('was rendered by the generator as it is now', () => {
  const here = join(root, demo.generator.folder);
  const digest = createHash('sha256');
  for (const file of readdirSync(here).filter((name) => name.endsWith('.py')).sort()) {
    digest.update(`${file}\0`).update(readFileSync(join(here, file)));
  }
  expect(demo.generator.sha256, 'run python3 scripts/make-demo/make_demo.py').toBe(digest.digest('hex'));
});
