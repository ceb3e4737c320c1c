import { rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConvolutionReport, type ConvolutionOptions, type ConvolutionProgress } from '../contract/convolution.ts';
import { cancelled, fromWriteError, printable, StemwrightError } from '../contract/errors.ts';
import type { Warning } from '../contract/separation.ts';
import { fromNative } from '../engine/errors.ts';
import { loadNative } from '../engine/load.ts';
import type { NativeModule } from '../engine/native.ts';
import { decode, decodedChannels, undecodable } from '../media/decode.ts';
import { encode } from '../media/encode.ts';
import { probe, type MediaInfo } from '../media/probe.ts';
import { decodeResponse } from '../media/response.ts';
import { fillTrack, runToEnd } from './engine-run.ts';
import { findGpu } from './gpu.ts';
import { JobFolder, syncFolder } from './job-folder.ts';
import { toDb } from './levels.ts';
import { downmixWarnings, sourceWarnings } from './source-warnings.ts';

/** Responses beyond this are taken for a mistake: they are held in memory. */
export const mostResponseSeconds = 120;

export interface ConvolutionContext {
  signal: AbortSignal;
  onProgress: (progress: ConvolutionProgress) => void;
  native?: NativeModule | undefined;
}

/**
 * One file through the impulse response of another, as 32-bit float WAV at the input's rate.
 * @throws StemwrightError; what was at `out` before is still there then
 */
export async function convolve(options: ConvolutionOptions, context: ConvolutionContext): Promise<ConvolutionReport> {
  try {
    const [input, response] = [await probe(options.input, context.signal), await probe(options.ir, context.signal)];
    checkResponse(response);
    await checkOutput(options);
    const folder = await JobFolder.create(dirname(options.out));
    try {
      return await new Convolution(options, context, input, response, folder).run();
    } finally {
      await folder.remove();
    }
  } catch (error) {
    throw context.signal.aborted ? cancelled() : fromWriteError(fromNative(error), options.out);
  }
}

export function checkResponse({ path, channels, claimedSeconds }: MediaInfo): void {
  if (channels !== 1 && channels !== 2 && channels !== 4) {
    throw new StemwrightError('input', `${printable(path)}: has ${channels} channels; an impulse response has 1, 2 or 4 (LL, LR, RL, RR)`, 'Give another impulse response.');
  }
  if ((claimedSeconds ?? 0) > mostResponseSeconds) {
    throw new StemwrightError('input', `${printable(path)}: ${Math.round(claimedSeconds ?? 0)} s is too long for an impulse response`, `Give one of at most ${mostResponseSeconds} s.`);
  }
}

async function checkOutput({ input, ir, out }: ConvolutionOptions): Promise<void> {
  const there = await stat(out).catch(() => null);
  if (there?.isDirectory() === true) {
    throw new StemwrightError('output', `${printable(out)}: is a folder`, 'Give the name of a file with --out.');
  }
  for (const path of there === null ? [] : [input, ir]) {
    const { dev, ino } = await stat(path);
    if (dev === there?.dev && ino === there.ino) {
      throw new StemwrightError('usage', `${printable(out)}: is also what is read`, 'Give another name with --out.');
    }
  }
}

interface Sound {
  path: string;
  rate: number;
  channels: number;
  frames: number;
}

class Convolution {
  readonly #options: ConvolutionOptions;
  readonly #context: ConvolutionContext;
  readonly #native: NativeModule;
  readonly #input: MediaInfo;
  readonly #response: MediaInfo;
  readonly #folder: JobFolder;
  readonly #warnings: Warning[] = [];
  #gpu: string | null = null;

  constructor(options: ConvolutionOptions, context: ConvolutionContext, input: MediaInfo, response: MediaInfo, folder: JobFolder) {
    this.#options = options;
    this.#context = context;
    this.#native = context.native ?? loadNative();
    this.#input = input;
    this.#response = response;
    this.#folder = folder;
  }

  async run(): Promise<ConvolutionReport> {
    const start = performance.now();
    const input = await this.#decodeInput();
    const response = await this.#decodeResponse(input.rate);
    const gain = this.#options.normalize === 'loudness' ? await this.#native.responseGain({ track: response.path, channels: response.channels, rate: response.rate }) : null;
    const output = await this.#convolve(input, response, gain ?? 1);
    const { peaks } = await this.#native.measureTracks({ tracks: [output.path], channels: output.channels, signal: this.#context.signal });
    await this.#write(output);
    const seconds = (performance.now() - start) / 1000;
    const audioSeconds = input.frames / input.rate;
    const { out, mode, block, wet, dry } = this.#options;
    return ConvolutionReport.parse({
      version: 1,
      input: { path: this.#input.path, rate: input.rate, channels: this.#input.channels, samples: input.frames },
      ir: { path: this.#response.path, rate: response.rate, channels: response.channels, samples: response.frames, fileRate: this.#response.rate },
      output: { path: out, rate: output.rate, channels: output.channels, samples: output.frames, peakDb: toDb(peaks[0] ?? 0) },
      ...{ mode, block, wet, dry },
      normalizeGainDb: gain === null ? null : toDb(gain),
      gpu: this.#gpu,
      ...{ audioSeconds, seconds, realtimeFactor: audioSeconds / seconds },
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      warnings: this.#warnings,
    });
  }

  async #decodeInput(): Promise<Sound> {
    const info = this.#input;
    const channels = decodedChannels(info);
    const expected = (info.claimedSeconds ?? 0) * info.rate * channels * 4;
    this.#warnings.push(...downmixWarnings(info));
    return this.#fill(info, { path: this.#folder.file('input.f32'), rate: info.rate, channels }, decode(info, this.#context.signal), (bytes) => {
      this.#progress('decode', expected > 0 ? bytes / expected : 0);
    });
  }

  #decodeResponse(rate: number): Promise<Sound> {
    const info = this.#response;
    const { channels } = info;
    return this.#fill(info, { path: this.#folder.file('response.f32'), rate, channels }, decodeResponse(info, rate, this.#context.signal));
  }

  async #fill(info: MediaInfo, track: Omit<Sound, 'frames'>, chunks: ReturnType<typeof decode>, onBytes?: (bytes: number) => void): Promise<Sound> {
    this.#progress('decode', 0);
    const { stats, result } = await fillTrack(this.#native, track, chunks, onBytes);
    if (stats.frames === 0) {
      throw undecodable(info, result);
    }
    // What the file claims is meant at its own rate.
    const frames = Math.round((stats.frames * info.rate) / track.rate);
    this.#warnings.push(...sourceWarnings(info, { ...stats, frames }, result.lines));
    return { ...track, frames: stats.frames };
  }

  async #convolve(input: Sound, response: Sound, gain: number): Promise<Sound> {
    const { mode, block, wet, dry, backend } = this.#options;
    const gpu = backend === 'gpu' ? findGpu(this.#native, null) : null;
    const output = {
      path: this.#folder.file('output.f32'),
      rate: input.rate,
      channels: response.channels === 1 ? input.channels : 2,
      frames: input.frames + response.frames - 1,
    };
    const spec = {
      ...{ input: input.path, channels: input.channels, response: response.path, responseChannels: response.channels, output: output.path },
      ...{ mode, blockSize: block, wet: wet * gain, dry, gpu: gpu?.id ?? null },
    };
    const { gpuFault = '' } = await runToEnd(
      (onEvent) => this.#native.startConvolution(spec, onEvent),
      ({ fraction, etaSeconds }) => {
        this.#progress('convolve', fraction, etaSeconds);
      },
      this.#context.signal,
    );
    if (gpuFault !== '') {
      this.#warnings.push({ code: 'gpu-lost', message: `${gpuFault}: the processor convolved it` });
    } else {
      this.#gpu = gpu?.name ?? null;
    }
    return output;
  }

  async #write({ path, rate, channels }: Sound): Promise<void> {
    this.#progress('encode', 0);
    const written = this.#folder.file('output.wav');
    const source = { path, rate, channels: channels === 1 ? 1 : 2 } as const;
    await encode({ source, output: written, format: 'wav32f', gain: 1, dither: 'none', tags: {}, cover: null }, this.#context.signal);
    this.#context.signal.throwIfAborted();
    await rename(written, this.#options.out);
    await syncFolder(dirname(this.#options.out));
  }

  #progress(phase: ConvolutionProgress['phase'], fraction: number, etaSeconds: number | null = null): void {
    this.#context.onProgress({ phase, fraction: Math.min(1, Math.max(0, fraction)), etaSeconds });
  }
}
