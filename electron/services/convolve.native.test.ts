import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConvolutionOptions } from '../contract/convolution.ts';
import { decode } from '../media/decode.ts';
import { probe } from '../media/probe.ts';
import { decodeAll, ffmpeg, floats, noise, writeWave } from '../media/testing.ts';
import { convolve } from './convolve.ts';

const rate = 44_100;
const frames = 3000;
const taps = 700;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-convolve-'));
  for (const channels of [1, 2, 4]) {
    await writeWave(join(folder, `song-${channels}.wav`), noise(frames, channels, 0.5), { channels });
    await writeWave(join(folder, `ir-${channels}.wav`), floats(taps, channels, (i, c) => Math.sin(0.37 * i * (c + 1)) * Math.exp(-i / 150)), { channels });
  }
});
afterAll(() => rm(folder, { recursive: true }));

const file = (name: string) => join(folder, name);

function run(options: Partial<ConvolutionOptions>, signal = new AbortController().signal) {
  const whole = ConvolutionOptions.parse({
    ...{ input: file('song-2.wav'), ir: file('ir-2.wav'), out: file('out.wav'), mode: 'partitioned', block: 512, wet: 1, dry: 0, normalize: 'none', backend: 'cpu' },
    ...options,
  });
  return convolve(whole, { signal, onProgress: () => undefined });
}

async function planes(path: string): Promise<Float32Array[]> {
  const { channels } = await probe(path);
  const chunks: Buffer[] = [];
  if (channels > 2) {
    chunks.push((await readFile(path)).subarray(44));
  } else {
    for await (const chunk of decode(await probe(path))) {
      chunks.push(chunk);
    }
  }
  const all = new Float32Array(Uint8Array.from(Buffer.concat(chunks)).buffer);
  return Array.from({ length: channels }, (_, c) => all.filter((_, i) => i % channels === c));
}

/** The sum itself, in double. */
function exact(x: Float32Array, h: Float32Array): Float64Array {
  const out = new Float64Array(x.length + h.length - 1);
  x.forEach((value, i) => {
    h.forEach((tap, j) => {
      out[i + j] = (out[i + j] ?? 0) + value * tap;
    });
  });
  return out;
}

function errorDb(actual: Float32Array, expected: Float64Array): number {
  const difference = expected.reduce((sum, value, i) => sum + (value - (actual[i] ?? 0)) ** 2, 0);
  return 10 * Math.log10(difference / expected.reduce((sum, value) => sum + value * value, 0));
}

describe('a file is convolved', () => {
  it.each([
    ['partitioned', 512],
    ['partitioned', 64],
    ['fft', 512],
    ['direct', 512],
  ] as const)('%s, block %i, as 32-bit float of the whole length', async (mode, block) => {
    const report = await run({ mode, block });
    expect(report).toMatchObject({ mode, block, output: { rate, channels: 2, samples: frames + taps - 1 }, normalizeGainDb: null, warnings: [] });
    expect(await probe(file('out.wav'))).toMatchObject({ codec: 'pcm_f32le', rate, channels: 2 });
    const [song, ir, out] = [await planes(file('song-2.wav')), await planes(file('ir-2.wav')), await planes(file('out.wav'))];
    for (const c of [0, 1]) {
      const expected = exact(song[c] ?? new Float32Array(), ir[c] ?? new Float32Array());
      expect(out[c]?.length).toBe(expected.length);
      expect(errorDb(out[c] ?? new Float32Array(), expected)).toBeLessThan(-115);
    }
  });

  it('on a GPU it is the same, also where that goes away; one that is not there is refused', async () => {
    const driver = process.platform === 'darwin' ? '' : 'llvmpipe';
    vi.stubEnv('STEMWRIGHT_GPU', driver);
    const onGpu = await run({ backend: 'gpu', ir: file('ir-4.wav') });
    expect(onGpu).toMatchObject({ gpu: expect.stringContaining(driver) as string, warnings: [], output: { samples: frames + taps - 1 } });
    const first = await planes(file('out.wav'));
    vi.stubEnv('STEMWRIGHT_GPU_LOSE_AFTER', '1');
    const lost = await run({ backend: 'gpu', ir: file('ir-4.wav') });
    expect(lost.gpu).toBeNull();
    expect(lost.warnings.map(({ code }) => code)).toEqual(['gpu-lost']);
    const second = await planes(file('out.wav'));
    second.forEach((plane, c) => {
      expect(errorDb(first[c] ?? new Float32Array(), Float64Array.from(plane))).toBeLessThan(-115);
    });
    vi.stubEnv('STEMWRIGHT_GPU', 'no such name');
    await expect(run({ backend: 'gpu' })).rejects.toMatchObject({ code: 'usage' });
    vi.unstubAllEnvs();
  });

  it('mono through stereo gives stereo, and through mono mono', async () => {
    await run({ input: file('song-1.wav') });
    const [song, ir, out] = [await planes(file('song-1.wav')), await planes(file('ir-2.wav')), await planes(file('out.wav'))];
    expect(out.length).toBe(2);
    expect(errorDb(out[1] ?? new Float32Array(), exact(song[0] ?? new Float32Array(), ir[1] ?? new Float32Array()))).toBeLessThan(-115);
    expect((await run({ input: file('song-1.wav'), ir: file('ir-1.wav') })).output.channels).toBe(1);
  });

  it('four channels of response are LL, LR, RL, RR', async () => {
    await run({ ir: file('ir-4.wav') });
    const [song, ir, out] = [await planes(file('song-2.wav')), await planes(file('ir-4.wav')), await planes(file('out.wav'))];
    const none = new Float32Array();
    for (const c of [0, 1]) {
      const fromRight = exact(song[1] ?? none, ir[2 + c] ?? none);
      const expected = exact(song[0] ?? none, ir[c] ?? none).map((value, i) => value + (fromRight[i] ?? 0));
      expect(errorDb(out[c] ?? none, expected)).toBeLessThan(-115);
    }
  });

  it('wet and dry are linear gains', async () => {
    await run({ input: file('song-1.wav'), ir: file('ir-1.wav'), wet: 0.5, dry: -0.25, mode: 'fft' });
    const [song, ir, out] = [await decodeAll(file('song-1.wav')), await decodeAll(file('ir-1.wav')), await decodeAll(file('out.wav'))];
    const expected = exact(song, ir).map((value, i) => 0.5 * value - 0.25 * (song[i] ?? 0));
    expect(errorDb(out, expected)).toBeLessThan(-115);
  });

  it('a response of another rate is resampled to that of the song', async () => {
    const path = file('ir-96k.wav');
    await writeWave(path, floats(9600, 1, (i) => Math.exp(-i / 800)), { channels: 1, rate: 96_000 });
    const report = await run({ ir: path });
    expect(report.ir).toMatchObject({ rate, fileRate: 96_000, channels: 1 });
    expect(Math.abs(report.ir.samples - (9600 * rate) / 96_000)).toBeLessThan(2);
    expect(report.output.rate).toBe(rate);
  });

  it.each([22_050, 96_000])('through a response at %s Hz sound is as loud as through one at its own rate', async (responseRate) => {
    // The same decay, with as many samples as the rate asks for: a low tone comes out of each with the gain of their sum.
    const response = file(`ir-${responseRate}.wav`);
    await writeWave(response, floats(responseRate, 1, (i) => (20 / responseRate) * Math.exp((-20 * i) / responseRate)), { channels: 1, rate: responseRate });
    const tone = file('tone.wav');
    await writeWave(tone, floats(3 * rate, 1, (i) => 0.1 * Math.min(1, i / rate) ** 2), { channels: 1, rate });
    await run({ input: tone, ir: response });
    const [out = new Float32Array()] = await planes(file('out.wav'));
    expect(out[Math.round(2.9 * rate)]).toBeCloseTo(0.1, 3);
  });

  it('normalising makes a response as loud as none, and says by how much', async () => {
    const path = file('quiet.wav');
    await writeWave(path, floats(1, 2, () => 0.1), {});
    const report = await run({ ir: path, normalize: 'loudness' });
    expect(report.normalizeGainDb).toBeCloseTo(20, 1);
    const [song, out] = [await decodeAll(file('song-2.wav')), await decodeAll(file('out.wav'))];
    expect(errorDb(out, Float64Array.from(song))).toBeLessThan(-60);
  });
});

describe('what goes wrong leaves the output as it was', () => {
  const cases: [string, () => Promise<Partial<ConvolutionOptions>>, string, RegExp][] = [
    ['a song that is not there', () => Promise.resolve({ input: file('missing.wav') }), 'input', /no such file/],
    ['a response that is no sound', async () => ({ ir: await textFile('ir.txt') }), 'input', /ir\.txt/],
    ['a response of three channels', async () => ({ ir: await threeChannels() }), 'input', /3 channels.*1, 2 or 4/],
    ['a response of three minutes', async () => ({ ir: await longResponse() }), 'input', /too long/],
    ['an output that is the response', () => Promise.resolve({ out: file('ir-2.wav') }), 'usage', /also what is read/],
    ['an output that is a folder', () => Promise.resolve({ out: folder }), 'output', /is a folder/],
    ['an output below a file', () => Promise.resolve({ out: join(file('song-2.wav'), 'out.wav') }), 'output', /song-2\.wav/],
  ];
  it.each(cases)('%s', async (_, options, code, message) => {
    await writeFile(file('out.wav'), 'before');
    const chosen = await options();
    const names = await readdir(folder);
    await expect(run(chosen)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect(await readFile(file('out.wav'), 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(names);
  });

  it('a cancellation', async () => {
    await writeFile(file('out.wav'), 'before');
    const names = await readdir(folder);
    const controller = new AbortController();
    const running = convolve(
      { input: file('song-2.wav'), ir: file('ir-2.wav'), out: file('out.wav'), mode: 'direct', block: 512, wet: 1, dry: 0, normalize: 'none', backend: 'cpu' },
      {
        signal: controller.signal,
        onProgress: ({ phase }) => {
          if (phase === 'convolve') {
            controller.abort();
          }
        },
      },
    );
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readFile(file('out.wav'), 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(names);
  });
});

async function textFile(name: string): Promise<string> {
  await writeFile(file(name), 'no sound at all');
  return file(name);
}

async function threeChannels(): Promise<string> {
  await writeWave(file('three.wav'), noise(100, 3, 0.1), { channels: 3 });
  return file('three.wav');
}

async function longResponse(): Promise<string> {
  await ffmpeg('-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono', '-t', '180', `file:${file('long.flac')}`);
  return file('long.flac');
}
