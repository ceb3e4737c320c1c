import { describe, expect, it, vi } from 'vitest';
import { parseBench, parseSeparate } from './arguments.ts';

const parse = (...args: string[]) => parseSeparate(args, '/here');

it('defaults are those of the design', () => {
  const { files, options, json, quiet } = parse('song.mp3');
  expect(files).toEqual(['/here/song.mp3']);
  expect({ json, quiet }).toEqual({ json: false, quiet: false });
  expect(options).toMatchObject({ out: '/here', model: 'house', mode: 'full', stems: null, format: null, clipMode: null, rate: 'source' });
  expect(options).toMatchObject({ segmentSeconds: null, overlap: 0.25, shifts: 0, seed: 0, exactSum: false, precision: 'fp32', groupNorm: 'welford', backend: 'auto' });
});

it('every flag arrives', () => {
  const { files, options, json, quiet } = parse(
    ...['a.wav', '/abs/b.wav', '--out', 'o', '--model', 'm.th', '--mode', 'time-only', '--stems', 'a, b', '--format', 'flac'],
    ...['--clip-mode', 'rescale', '--rate', '48000', '--segment', '7.8', '--overlap', '0.1', '--shifts', '2', '--seed', '5', '--exact-sum'],
    ...['--precision', 'bf16', '--group-norm', 'kahan', '--backend', 'cpu', '--threads', '3', '--trace', 't.json', '--json', '--quiet', '--', '-c.wav'],
  );
  expect(files).toEqual(['/here/a.wav', '/abs/b.wav', '/here/-c.wav']);
  expect({ json, quiet }).toEqual({ json: true, quiet: true });
  expect(options).toEqual({
    ...{ out: '/here/o', model: 'm.th', mode: 'time-only', stems: ['a', 'b'], twoStems: null, format: 'flac', clipMode: 'rescale' },
    ...{ rate: 48_000, segmentSeconds: 7.8, overlap: 0.1, shifts: 2, seed: 5, exactSum: true, precision: 'bf16', groupNorm: 'kahan', backend: 'cpu' },
    ...{ threads: 3, trace: '/here/t.json' },
  });
});

describe('is refused in one line', () => {
  it.each([
    [['--nope'], /Unknown option '--nope'/],
    [['--out'], /--out/],
    [['--out', ''], /--out is empty/],
    [[''], /FILE is empty/],
    [['--format', 'ogg'], /--format must be one of wav16, /],
    [['--mode', 'fast'], /--mode must be one of full, time-only/],
    [['--clip-mode', 'x'], /--clip-mode/],
    [['--rate', '44.1'], /--rate must be a whole number from 8000 to 192000/],
    [['--rate', '1000'], /--rate/],
    [['--segment', '0.5'], /--segment must be a number from 1 to 120/],
    [['--segment', '1e2'], /--segment/],
    [['--overlap', '1'], /--overlap/],
    [['--shifts=-1'], /--shifts/],
    [['--seed', '4294967296'], /--seed/],
    [['--threads', '0'], /--threads/],
    [['--threads', '2x'], /"2x"/],
    [['--stems', 'a,,b'], /--stems/],
    [['--stems', 'a,a'], /--stems/],
    [['--stems', 'a', '--two-stems', 'b'], /exclude each other/],
    [['--exact-sum=yes'], /--exact-sum/],
    [['--precision', 'int8'], /--precision/],
    [['--group-norm', 'plain'], /--group-norm/],
    [['--backend', 'tpu'], /--backend/],
  ])('%j', (args, message) => {
    const run = () => parse(...args);
    expect(run).toThrow(message);
    expect(run).toThrow(expect.objectContaining({ code: 'usage', message: expect.not.stringContaining('\n') as string }));
  });
});

describe('bench', () => {
  it('takes a pattern, a file for the figures and a number of threads', () => {
    const args = parseBench(['--filter', 'htdemucs', '--json', 'out.json', '--threads', '3'], '/songs');
    expect(args).toMatchObject({ json: '/songs/out.json', threads: 3 });
    expect(args.filter.test('HTDemucs 42 M, full')).toBe(true);
    expect(parseBench([], '/songs').filter.test('anything')).toBe(true);
  });

  it('takes a folder of rivals after --peers, or from the environment', () => {
    vi.stubEnv('STEMWRIGHT_PEERS', undefined);
    expect(parseBench([], '/songs').peers).toBeNull();
    expect(parseBench(['--peers'], '/songs').peers).toEqual({ folder: null });
    expect(parseBench(['--peers', '../peers', '--threads', '2'], '/songs').peers).toEqual({ folder: '/peers' });
    vi.stubEnv('STEMWRIGHT_PEERS', 'rivals');
    expect(parseBench(['--peers'], '/songs').peers).toEqual({ folder: '/songs/rivals' });
  });

  it.each([
    [['--filter', '('], /--filter is not a regular expression/],
    [['everything'], /options only/],
    [['--peers', 'a', 'b'], /options only/],
    [['--threads', '0'], /--threads/],
  ])('refuses %j', (args, message) => {
    expect(() => parseBench(args, '/songs')).toThrow(message);
  });
});
