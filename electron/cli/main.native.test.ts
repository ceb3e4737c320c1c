import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConvolutionReport } from '../contract/convolution.ts';
import { SeparationReport } from '../contract/separation.ts';
import { noise, writeWave } from '../media/testing.ts';
import { writeSmallModel } from '../services/testing.ts';
import { stemwright, type Run } from './testing.ts';

let folder: string;
let out: string;
let model: string;
let song: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-cli-'));
  out = join(folder, 'out');
  model = join(folder, 'tiny.safetensors');
  song = join(folder, 'song.wav');
  await writeSmallModel(model);
  // At another rate than the model's, so that every phase has something to do.
  await writeWave(song, noise(48_000 * 12, 2, 0.1), { rate: 48_000 });
});
beforeEach(() => rm(out, { recursive: true, force: true }));
afterAll(() => rm(folder, { recursive: true }));

const separate = (...args: string[]) => stemwright(['separate', '--model', model, '--mode', 'time-only', '--out', out, ...args]);

function lastLine({ stdout }: Run): unknown {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

describe('separate', () => {
  it('writes stems and a report, and says so on its last line', async () => {
    const run = await separate(song, '--json');
    expect(run.code).toBe(0);
    const report = SeparationReport.parse(lastLine(run));
    expect(report.stems.map(({ name }) => name)).toEqual(['drums', 'bass', 'other', 'vocals']);
    expect(report.seconds).toBeGreaterThan(0);
    expect(await readdir(join(out, 'song'))).toContain('separation.json');
    expect(run.stderr).toMatch(/song\.wav: separate \d+ %/);
  });

  it('takes relative paths against the folder of the caller, not that of npm', async () => {
    const caller = join(folder, 'caller');
    await mkdir(caller);
    const run = await stemwright(['separate', '../song.wav', '--model', '../tiny.safetensors', '--mode', 'time-only', '--quiet', '--trace', 'trace.json'], { env: { INIT_CWD: caller } });
    expect({ code: run.code, stdout: run.stdout, stderr: run.stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await readdir(caller)).sort()).toEqual(['song', 'trace.json']);
    const { traceEvents } = JSON.parse(await readFile(join(caller, 'trace.json'), 'utf8')) as { traceEvents: { name: string }[] };
    expect(traceEvents.map(({ name }) => name)).toEqual(expect.arrayContaining(['load', 'decode', 'resample', 'encode', 'segment', 'time encoder', 'time decoder']));
  });

  it('goes on after a bad file, and ends with the code of the first failure', async () => {
    const empty = join(folder, 'empty.wav');
    await writeFile(empty, '');
    const run = await separate(empty, song, join(folder, 'missing.wav'), '--json');
    expect(run.code).toBe(3);
    const lines = run.stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([{ error: { code: 'input' } }, { version: 1 }, { error: { code: 'input' } }]);
    expect(await readdir(out)).toEqual(['song']);
  });
});

describe('every fault is one line with its exit code', () => {
  const cases: [string, () => string[], number, RegExp][] = [
    ['no command', () => [], 2, /no command given/],
    ['an unknown command', () => ['bake'], 2, /no command "bake"; there are separate, models, convolve, info/],
    ['an unknown flag', () => ['separate', '--fast'], 2, /--fast/],
    ['a stem the model lacks', () => ['separate', song, '--model', model, '--out', out, '--stems', 'guitar'], 2, /no stem "guitar".*drums, bass/],
    ['a GPU that is not there', () => ['separate', song, '--backend', 'gpu', '--out', out], 2, /no such GPU; there is .*llvmpipe|there is no GPU/],
    ['a file that is not there', () => ['separate', join(folder, 'no\nfile'), '--out', out], 3, /no\\u\{a\}file: no such file/],
    ['a model that is not there', () => ['separate', song, '--model', 'nowhere.th', '--out', out], 4, /no model "nowhere.th"/],
    ['a model that is none', () => ['separate', song, '--model', song, '--out', out], 4, /not a model/],
    ['an output below a file', () => ['separate', song, '--model', model, '--out', join(song, 'below')], 6, /song\.wav/],
    ['convolve without a response', () => ['convolve', song, '--out', out], 2, /one file, --ir and --out/],
    ['a block that is no power of two', () => ['convolve', song, '--ir', song, '--out', out, '--block', '100'], 2, /64, 128, 256/],
    ['a response that is not there', () => ['convolve', song, '--ir', join(folder, 'missing'), '--out', out], 3, /no such file/],
    ['info on nothing', () => ['info', join(folder, 'missing')], 3, /no such file/],
    ['a model to verify that is not there', () => ['models', 'verify', 'nowhere'], 4, /no model "nowhere"/],
    ['an unknown precision', () => ['models', 'convert', 'house', '--precision', 'int8'], 2, /fp16 or bf16/],
  ];
  it.each(cases)('%s', async (_, args, code, message) => {
    const run = await stemwright(args(), { env: { STEMWRIGHT_HOME: join(folder, 'home') } });
    const lines = run.stderr.trimEnd().split('\n').filter((line) => !/: (?:load|decode)$/.test(line));
    expect({ code: run.code, lines: lines.length }).toEqual({ code, lines: 1 });
    expect(lines[0]).toMatch(message);
    expect(lines[0]).toMatch(/^stemwright: .*\. .*\.$/);
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });
});

describe('info', () => {
  it('says what a file holds and names the instruction set, which STEMWRIGHT_ISA lowers', async () => {
    const held = await stemwright(['info', model]);
    expect({ code: held.code, stderr: held.stderr }).toEqual({ code: 0, stderr: '' });
    expect(held.stdout).toMatch(/^kind +model \(safetensors\)$/m);
    expect(held.stdout).toMatch(/^engine +\w+ \(of scalar, .*\), \d+ threads$/m);
    const lowered = await stemwright(['info'], { env: { STEMWRIGHT_ISA: 'scalar' } });
    expect(lowered.stdout).toMatch(/^engine +scalar \(of scalar, .*\nbf16 +not on this processor\n$/);
    expect((await stemwright(['info', model, song])).code).toBe(2);
  });
});

describe('convolve', () => {
  it('writes a file, and its report as one line', async () => {
    const run = await stemwright(['convolve', song, '--ir', song, '--out', join(out, 'wet.wav'), '--mode', 'fft', '--json']);
    expect(run.code).toBe(0);
    const report = ConvolutionReport.parse(JSON.parse(run.stdout));
    expect(report).toMatchObject({ mode: 'fft', block: 512, output: { path: join(out, 'wet.wav'), channels: 2, samples: 48_000 * 24 - 1 } });
    expect(await readdir(out)).toEqual(['wet.wav']);
    expect(run.stderr).toMatch(/song\.wav: convolve \d+ %/);
  });

  it('prints its fault as JSON too', async () => {
    const run = await stemwright(['convolve', join(folder, 'missing'), '--ir', song, '--out', out, '--json']);
    expect(run.code).toBe(3);
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'input' } });
  });
});

describe('models', () => {
  it('are imported, listed, verified, converted and removed', async () => {
    const env = { STEMWRIGHT_HOME: join(folder, 'home') };
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await stemwright(['models', ...args], { env });
      return { code, stdout, stderr };
    };
    expect(await run('import', model, '--name', 'small')).toEqual({ code: 0, stdout: 'imported as small\n', stderr: '' });
    expect(await run('import', model, '--name', 'small')).toMatchObject({ code: 2, stderr: expect.stringContaining('already') as string });
    expect((await run('list')).stdout).toMatch(/^house [\s\S]*^small /m);
    expect((await run('verify', 'small')).stdout).toMatch(/^small: sound, SHA-256 [0-9a-f]{64}\n$/);
    expect(await run('remove', 'small')).toMatchObject({ code: 0 });
    expect((await run('list')).stdout).not.toMatch(/^small /m);
    expect(await readdir(join(folder, 'home', 'data', 'models'))).toEqual([]);
  });
});

describe.runIf(process.platform !== 'darwin')('on GPUs', () => {
  it('a trace names each op of the device and how data came and went', async () => {
    const trace = join(folder, 'gpu.json');
    const run = await stemwright(['separate', '--model', model, '--mode', 'time-only', '--out', out, '--backend', 'gpu', '--trace', trace, '--quiet', song], { env: { STEMWRIGHT_GPU: 'llvmpipe', STEMWRIGHT_HOME: join(folder, 'home') } });
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
    const { traceEvents } = JSON.parse(await readFile(trace, 'utf8')) as { traceEvents: { name: string; tid: number; dur: number }[] };
    const onDevice = traceEvents.filter(({ tid }) => tid === 1_000_000);
    expect(onDevice.map(({ name }) => name)).toEqual(expect.arrayContaining(['tencoder.0.conv', 'overlap-add']));
    expect(onDevice.some(({ dur }) => dur > 0)).toBe(true);
    expect(traceEvents.map(({ name }) => name)).toEqual(expect.arrayContaining(['GPU input, unified memory', 'GPU output, unified memory']));
  }, 60_000);

  it('without a Vulkan loader the reason is told, and all else works on the processor', async () => {
    const env = { STEMWRIGHT_VULKAN: 'libno-such-vulkan.so.1' };
    const gpu = (...args: string[]) => stemwright(args, { env });
    const auto = await gpu('separate', '--model', model, '--mode', 'time-only', '--out', out, '--json', '--quiet', song);
    expect(SeparationReport.parse(lastLine(auto))).toMatchObject({ backend: 'cpu', warnings: [] });
    const asked = await gpu('separate', '--model', model, '--out', out, '--backend', 'gpu', '--quiet', song);
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain('there is no GPU: no Vulkan on this machine (libno-such-vulkan.so.1 was not found)');
    const bench = await gpu('bench', '--filter', '^(?:GPU add|buffer pool)');
    expect(bench.stderr).toMatch(/^GPU add, 4 M values: no GPU: no Vulkan on this machine/m);
    expect(bench.stdout).toMatch(/buffer pool/);
  }, 60_000);
});
