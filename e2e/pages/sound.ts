import type { Page } from '@playwright/test';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { floats } from './songs.ts';

/** What reached the loudspeakers. */
export interface Heard {
  rate: number;
  /** Interleaved stereo. */
  samples: Float32Array;
  /** Seconds of the song that the page showed when the first sample was played. */
  position: number;
}

interface Block {
  /** Seconds of the song that the page showed when this was played. */
  position: number;
  samples: Float32Array;
}

declare global {
  interface Window {
    stemwrightSound: { rate: number; blocks: Block[] };
  }
}

/** Lies beside the page: its policy allows no scripts from elsewhere. Runs on the audio thread, so that nothing is missed while the page is busy. */
export const recorderFile = 'assets/sound-recorder.js';
export const recorderScript = `
  const blockFrames = 4096;
  class Recorder extends AudioWorkletProcessor {
    #samples = new Float32Array(2 * blockFrames);
    #frames = 0;
    process([[left, right = left] = []]) {
      for (let frame = 0; frame < 128; frame++) {
        this.#samples[2 * this.#frames] = left?.[frame] ?? 0;
        this.#samples[2 * this.#frames + 1] = right?.[frame] ?? 0;
        this.#frames += 1;
      }
      if (this.#frames === blockFrames) {
        this.port.postMessage({ start: currentFrame + 128 - blockFrames, samples: this.#samples });
        this.#frames = 0;
      }
      return true;
    }
  }
  registerProcessor('recorder', Recorder);`;

/** Records whatever the page connects to the destination of an AudioContext. Call it before the page opens. */
export async function recordSound(page: Page): Promise<void> {
  await page.addInitScript((address) => {
    type Connect = (this: AudioNode, to: AudioNode | AudioParam, ...rest: number[]) => AudioNode | undefined;
    const connect = Object.getOwnPropertyDescriptor(AudioNode.prototype, 'connect')?.value as Connect;
    const sound: Window['stemwrightSound'] = { rate: 0, blocks: [] };
    window.stemwrightSound = sound;
    const recorders = new WeakMap<BaseAudioContext, Promise<AudioNode>>();

    const shownPosition = (): number => {
      const [minutes = NaN, seconds = NaN] = (document.querySelector('[role="timer"]')?.textContent ?? '').split(':').map(Number);
      return minutes * 60 + seconds;
    };
    const newRecorder = async (context: BaseAudioContext): Promise<AudioNode> => {
      await context.audioWorklet.addModule(address);
      const node = new AudioWorkletNode(context, 'recorder', { channelCount: 2, channelCountMode: 'explicit' });
      node.port.onmessage = ({ data: { start, samples } }: MessageEvent<{ start: number; samples: Float32Array }>) => {
        sound.rate = context.sampleRate;
        sound.blocks.push({ position: shownPosition() - context.currentTime + start / context.sampleRate, samples });
        sound.blocks.splice(0, sound.blocks.length - 512);
      };
      connect.call(node, context.destination);
      return node;
    };
    AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode | AudioParam, ...rest: number[]) {
      if (to instanceof AudioDestinationNode) {
        const known = recorders.get(to.context) ?? newRecorder(to.context);
        recorders.set(to.context, known);
        void known.then((node) => connect.call(this, node));
      }
      return connect.call(this, to, ...rest);
    } as AudioNode['connect'];
  }, recorderFile);
}

/** Waits until that much more has been played. */
export async function listen(page: Page, seconds: number): Promise<Heard> {
  const { rate, position, base64 } = await page.evaluate(async (wanted) => {
    const { stemwrightSound: sound } = window;
    sound.blocks.length = 0;
    const frames = (): number => sound.blocks.reduce((sum, { samples }) => sum + samples.length / 2, 0);
    while (sound.rate === 0 || frames() < wanted * sound.rate) await new Promise((resolve) => setTimeout(resolve, 50));
    const blocks = [...sound.blocks];
    const samples = await new Blob(blocks.map((block) => new Uint8Array(block.samples.slice().buffer))).arrayBuffer();
    const bytes = new Uint8Array(samples);
    let binary = '';
    for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return { rate: sound.rate, position: blocks[0]?.position ?? NaN, base64: btoa(binary) };
  }, seconds);
  return { rate, position, samples: floats(Buffer.from(base64, 'base64')) };
}

/** Root of the mean square. */
export function level(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
}

export type Stems = ReadonlyMap<string, Float32Array>;

/** The stems of the one project in a studio's home, interleaved. */
export async function stemsOf(home: string): Promise<Stems> {
  const projects = join(home, 'data', 'projects');
  const [name, ...more] = (await readdir(projects)).filter((entry) => !entry.startsWith('.'));
  if (name === undefined || more.length > 0) throw new Error(`${projects} holds not one project`);
  const folder = join(projects, name, 'stems');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.f32'));
  return new Map(await Promise.all(files.map(async (file) => [file.slice(0, -4), floats(await readFile(join(folder, file)))] as const)));
}

export interface Fit {
  /** By stem: linear. */
  gains: Record<string, number>;
  /** What no stem explains, as a share of what was heard; both in RMS. */
  rest: number;
  /** Seconds of the song. */
  position: number;
}

/**
 * How loud each stem is in what was heard, by least squares.
 * @param expected linear gains, which serve to find the place only
 */
export function fit(heard: Heard, stems: Stems, expected: Readonly<Record<string, number>>): Fit {
  const names = [...stems.keys()];
  const place = findPlace(heard, sum([...stems].map(([name, samples]) => [samples, expected[name] ?? 1])));
  const slices = names.map((name) => (stems.get(name) ?? new Float32Array()).subarray(place, place + heard.samples.length));
  const played = heard.samples.subarray(0, slices[0]?.length ?? 0);
  const matrix = slices.map((row) => [...slices.map((column) => dot(row, column)), dot(row, played)]);
  const gains = solve(matrix);
  const explained = sum(slices.map((slice, index) => [slice, gains[index] ?? 0]));
  const rest = level(played.map((value, index) => value - (explained[index] ?? 0))) / level(played);
  return { gains: Object.fromEntries(names.map((name, index) => [name, gains[index] ?? NaN])), rest, position: place / 2 / heard.rate };
}

function sum(parts: readonly (readonly [Float32Array, number])[]): Float32Array {
  const total = new Float32Array(parts[0]?.[0].length ?? 0);
  for (const [samples, gain] of parts) {
    for (let at = 0; at < total.length; at++) total[at] = (total[at] ?? 0) + gain * (samples[at] ?? 0);
  }
  return total;
}

function dot(a: Float32Array, b: Float32Array): number {
  let total = 0;
  for (let at = 0; at < a.length; at++) total += (a[at] ?? 0) * (b[at] ?? 0);
  return total;
}

const searchSeconds = 1;
const probeFrames = 1024;

/** Where in `mix` the sound begins: an index of interleaved samples. Looks about the position that was shown. */
function findPlace({ samples, rate, position }: Heard, mix: Float32Array): number {
  const start = Math.floor(samples.length / 4) * 2;
  const probe = samples.subarray(start, start + 2 * probeFrames);
  const centre = Math.round(position * rate) * 2;
  const least = Math.max(0, centre - searchSeconds * rate * 2);
  const most = Math.min(mix.length - samples.length, centre + searchSeconds * rate * 2);
  let best = { at: least, match: -Infinity };
  for (let at = Math.round(least / 2) * 2; at <= most; at += 2) {
    const part = mix.subarray(at + start, at + start + probe.length);
    const match = dot(probe, part) / Math.sqrt(dot(part, part) + 1e-9);
    if (match > best.match) best = { at, match };
  }
  return best.at;
}

/** Gauss-Jordan, on rows that end with the right-hand side. */
function solve(rows: number[][]): number[] {
  for (const [column] of rows.entries()) {
    const rest = rows.slice(column);
    const pivot = column + rest.findIndex((row) => Math.abs(row[column] ?? 0) === Math.max(...rest.map((each) => Math.abs(each[column] ?? 0))));
    [rows[column], rows[pivot]] = [rows[pivot] ?? [], rows[column] ?? []];
    const lead = rows[column];
    const scale = lead[column] ?? NaN;
    for (const [index, row] of rows.entries()) {
      const factor = (row[column] ?? 0) / scale;
      if (index !== column) rows[index] = row.map((value, at) => value - factor * (lead[at] ?? 0));
    }
  }
  return rows.map((row, index) => (row.at(-1) ?? NaN) / (row[index] ?? NaN));
}

/** Of a single tone, in Hz: from the first to the last time that it rises through zero. */
export function pitchOf({ rate, samples }: Heard): number {
  const crossings: number[] = [];
  for (let at = 2; at < samples.length; at += 2) {
    const [before, now] = [samples[at - 2] ?? 0, samples[at] ?? 0];
    if (before < 0 && now >= 0) crossings.push(at / 2 - 1 + before / (before - now));
  }
  const [first = NaN] = crossings;
  return (rate * (crossings.length - 1)) / ((crossings.at(-1) ?? NaN) - first);
}
