import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { printable, StemwrightError } from '../contract/errors.ts';
import { decode, decodedChannels } from '../media/decode.ts';
import { encode } from '../media/encode.ts';
import { probe } from '../media/probe.ts';
import { trackFile, trackRefs, type ProjectFolder } from './project-folder.ts';

/** Two encodings of one song differ by their coders' delay and padding. */
const toleratedSeconds = 0.25;

/** @throws StemwrightError 'input' when the file cannot be decoded, or is not as long as the project's song */
export async function checkSameSong({ report }: ProjectFolder, path: string): Promise<void> {
  const info = await probe(path);
  let bytes = 0;
  for await (const chunk of decode(info)) {
    bytes += chunk.length;
  }
  const seconds = bytes / 4 / decodedChannels(info) / info.rate;
  const expected = report.input.samples / report.input.rate;
  if (Math.abs(seconds - expected) > toleratedSeconds) {
    throw new StemwrightError('input', `${printable(path)}: is ${seconds.toFixed(1)} s long, the project's song ${expected.toFixed(1)} s`, 'Choose the file that the project was made from.');
  }
}

/**
 * Writes a stem as a WAV of 32-bit floats into the project's folder, unless it is there and newer than the stem.
 * @return its path
 */
export async function writeStemFile({ folder, file }: ProjectFolder, stem: string): Promise<string> {
  const track = trackRefs(file).find(({ kind, name }) => name === stem && (kind === 'stem' || kind === 'print'));
  if (track === undefined) {
    throw new StemwrightError('usage', `the project has no stem "${printable(stem)}"`, `It has ${file.stems.join(', ')}.`);
  }
  const { rate, channels } = file;
  const source = join(folder, trackFile(track, 'f32'));
  const target = join(folder, 'wav', `${stem}.wav`);
  const [from, made] = await Promise.all([source, target].map((path) => stat(path).catch(() => null)));
  if (from === null || from === undefined) {
    throw new StemwrightError('input', `${printable(source)}: the stem is missing`, 'Separate the song again.');
  }
  if ((made?.mtimeMs ?? 0) > from.mtimeMs) {
    return target;
  }
  await mkdir(join(folder, 'wav'), { recursive: true });
  const unfinished = `${target}.new`;
  try {
    await encode({ source: { path: source, rate, channels }, output: unfinished, format: 'wav32f', gain: 1, tags: {}, cover: null, dither: 'none' });
    await rename(unfinished, target);
  } finally {
    await rm(unfinished, { force: true });
  }
  return target;
}
