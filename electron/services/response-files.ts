import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { printable, StemwrightError } from '../contract/errors.ts';
import type { NativeModule } from '../engine/native.ts';
import { undecodable } from '../media/decode.ts';
import { probe, type MediaInfo } from '../media/probe.ts';
import { decodeResponse } from '../media/response.ts';
import { checkResponse, mostResponseSeconds } from './convolve.ts';
import { fillTrack } from './engine-run.ts';

const soundFile = /\.(?:wav|wave|w64|aif|aiff|flac|ogg|opus|mp3|m4a|caf|wv)$/i;
/** `hall_L`, `hall (left)`, `hall-R`, … */
const half = /^(.*[ _.([-])(l|r|left|right)(\)?)$/i;
const other: Record<string, string> = { l: 'r', r: 'l', left: 'right', right: 'left' };

export function isSoundFile(name: string): boolean {
  return soundFile.test(name) && !name.startsWith('.');
}

/** @return which side a file stands for by its name, and the name of its pair without the side; null: it is whole */
export function sideOf(path: string): { side: 'left' | 'right'; name: string; otherName: string } | null {
  const ending = extname(path);
  const match = half.exec(basename(path, ending));
  if (match === null) {
    return null;
  }
  const [, before = '', mark = '', after = ''] = match;
  return {
    side: /^l/i.test(mark) ? 'left' : 'right',
    name: before.replace(/[ _.([-]+$/, ''),
    otherName: `${before}${inCaseOf(mark, other[mark.toLowerCase()] ?? '')}${after}${ending}`,
  };
}

function inCaseOf(model: string, word: string): string {
  if (model === model.toUpperCase()) {
    return word.toUpperCase();
  }
  return model === model.toLowerCase() ? word : word.charAt(0).toUpperCase() + word.slice(1);
}

/** What a person calls a response's files. */
export function responseName(path: string): string {
  const name = sideOf(path)?.name ?? '';
  return name === '' ? basename(path, extname(path)) : name;
}

/** The file alone, or, left first, both of its pair if the other one lies beside it. */
export async function pairOf(path: string): Promise<string[]> {
  const found = sideOf(path);
  if (found === null) {
    return [path];
  }
  const beside: string[] = await readdir(dirname(path)).catch(() => []);
  const partner = beside.includes(found.otherName) ? [join(dirname(path), found.otherName)] : [];
  return found.side === 'left' ? [path, ...partner] : [...partner, path];
}

/**
 * Files that make up one response: a single one, or the left and the right half.
 * @throws StemwrightError 'input' when they do not
 */
export async function inspectResponse(files: readonly string[]): Promise<{ first: MediaInfo; second: MediaInfo | undefined; channels: number; rate: number }> {
  const infos: MediaInfo[] = [];
  for (const file of files) {
    const info = await probe(file);
    checkResponse(info);
    infos.push(info);
  }
  const channels = infos.reduce((sum, info) => sum + info.channels, 0);
  const [first, second] = infos;
  if (first === undefined) {
    throw new Error('a response of no files');
  }
  if (second !== undefined && (first.channels !== second.channels || first.channels > 2)) {
    const name = basename(second.path);
    throw new StemwrightError('input', `${printable(first.path)}: has ${first.channels} channels and ${printable(name)} has ${second.channels}; the halves of a response have one each, or two each`, 'Give another pair, or rename one of the files to use it alone.');
  }
  return { first, second, channels, rate: first.rate };
}

/**
 * An impulse response as a track at `rate`; null: its own.
 * @param scratch gets the halves of a pair for a while
 * @throws StemwrightError 'input' when there is nothing to hear in it, or too much
 */
export async function writeResponse(native: NativeModule, files: readonly string[], rate: number | null, track: string, scratch: (name: string) => string): Promise<{ channels: number; rate: number; frames: number }> {
  const { first, second, channels, ...found } = await inspectResponse(files);
  const to = rate ?? found.rate;
  if (second === undefined) {
    return { channels, rate: to, frames: await decodeTo(native, first, to, track) };
  }
  const [left, right] = [scratch('left.f32'), scratch('right.f32')];
  await decodeTo(native, first, to, left);
  await decodeTo(native, second, to, right);
  const frames = await joinTracks(left, right, first.channels, track);
  return { channels, rate: to, frames };
}

async function decodeTo(native: NativeModule, info: MediaInfo, rate: number, track: string): Promise<number> {
  const { channels } = info;
  const mostBytes = 4 * channels * rate * mostResponseSeconds;
  const { stats, result } = await fillTrack(native, { path: track, channels }, decodeResponse(info, rate), (bytes) => {
    if (bytes > mostBytes) {
      throw new StemwrightError('input', `${printable(info.path)}: is longer than ${mostResponseSeconds} s, too long for an impulse response`, 'Give a shorter one.');
    }
  });
  if (stats.frames === 0) {
    throw undecodable(info, result);
  }
  return stats.frames;
}

/** Frame by frame the channels of the one, then of the other; the shorter one ends in silence. */
async function joinTracks(left: string, right: string, channels: number, track: string): Promise<number> {
  const halves = await Promise.all([left, right].map(async (path) => {
    const bytes = await readFile(path);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }));
  const frames = Math.max(...halves.map(({ length }) => length / channels));
  const joined = new Float32Array(2 * channels * frames);
  halves.forEach((samples, index) => {
    for (let i = 0; i < samples.length; i++) {
      joined[Math.floor(i / channels) * 2 * channels + index * channels + (i % channels)] = samples[i] ?? 0;
    }
  });
  await writeFile(track, Buffer.from(joined.buffer));
  return frames;
}
