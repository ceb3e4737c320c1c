import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, readdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toFault } from '../contract/errors.ts';
import type { Warning } from '../contract/separation.ts';
import { probe } from '../media/probe.ts';
import { ffmpeg, floats, sineFloats, tone, wave, writeWave } from '../media/testing.ts';
import { openWorkshop, type Workshop } from './testing.ts';

const rate = 44_100;
const samples = 13_000;
const left = '0.3*sin(2765*t)';
const right = '0.2*sin(4147*t)';
const stereo = tone([left, right], rate, samples);
const mono = tone([left], rate, samples);

const longer = 3 * rate;
const longSong = tone([left, right], rate, longer);

interface Outcome {
  /** Of the song, per channel: exactly, or [least, most] where the format pads. */
  samples?: number | [number, number];
  rate?: number;
  /** Of the stems. */
  channels?: 1 | 2;
  warnings?: Warning['code'][];
}

interface Readable {
  name: string;
  make: (path: string) => Promise<void>;
  outcome: Outcome;
}

interface Refused {
  name: string;
  make: (path: string) => Promise<void>;
  message: RegExp;
}

function coded(name: string, args: string[], outcome: Outcome = {}, source = stereo): Readable {
  return { name, make: (path) => ffmpeg(...source, ...args, `file:${path}`), outcome };
}

function handmade(name: string, bytes: () => Buffer, outcome: Outcome = {}): Readable {
  return { name, make: (path) => writeFile(path, bytes()), outcome };
}

/** A song first made by ffmpeg, then changed. */
function altered(name: string, args: string[], alter: (bytes: Buffer) => Buffer, outcome: Outcome = {}, source = stereo): Readable {
  return {
    name,
    make: async (path) => {
      await ffmpeg(...source, ...args, `file:${path}`);
      await writeFile(path, alter(await readFile(path)));
    },
    outcome,
  };
}

const padded: Outcome = { samples: [samples, samples + 4700] };
const video = ['-f', 'lavfi', '-i', 'color=c=red:s=32x32:r=10:d=0.3'];
const picture = ['-f', 'lavfi', '-i', 'color=c=blue:s=16x16:d=0.04', '-frames:v', '1'];
const cover = [...picture, '-map', '0:a', '-map', '1:v', '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-disposition:v', 'attached_pic'];

const rates = [8000, 11_025, 16_000, 22_050, 32_000, 48_000, 88_200, 96_000, 176_400, 192_000].map((hertz): Readable =>
  coded(`${hertz}.wav`, [], { rate: hertz, samples: Math.floor(hertz / 4) }, tone([left, right], hertz, Math.floor(hertz / 4))),
);

const sampleFormats = ['pcm_u8', 'pcm_s16le', 'pcm_s24le', 'pcm_s32le', 'pcm_f32le', 'pcm_f64le', 'pcm_alaw', 'pcm_mulaw'].map((codec): Readable =>
  coded(`${codec}.wav`, ['-c:a', codec]),
);

const layouts = [1, 3, 4, 5, 6, 7, 8].map((channels): Readable => {
  const sources = Array.from({ length: channels }, (_, i) => `0.1*sin(${1000 * (i + 1)}*t)`);
  return coded(`${channels} channels.wav`, [], channels === 1 ? { channels: 1 } : { warnings: ['downmixed'] }, tone(sources, rate, samples));
});

const codecs: Readable[] = [
  coded('flac.flac', []),
  coded('flac24.flac', ['-sample_fmt', 's32']),
  coded('mono.flac', [], { channels: 1 }, mono),
  coded('alac.m4a', ['-c:a', 'alac']),
  coded('aac.m4a', ['-c:a', 'aac']),
  coded('mono aac.m4a', ['-c:a', 'aac'], { channels: 1 }, mono),
  coded('aac.mov', ['-c:a', 'aac']),
  coded('adts.aac', ['-c:a', 'aac'], padded),
  coded('cbr.mp3', ['-b:a', '128k']),
  coded('vbr.mp3', ['-q:a', '2']),
  coded('mono.mp3', [], { channels: 1 }, mono),
  coded('low.mp3', ['-ar', '16000'], { rate: 16_000, samples: [4700, 4720] }),
  coded('no xing header.mp3', ['-write_xing', '0'], padded),
  coded('mp2.mp2', [], padded),
  coded('vorbis.ogg', ['-c:a', 'libvorbis'], { samples: [samples - 128, samples] }),
  coded('flac.oga', ['-c:a', 'flac']),
  coded('opus.opus', ['-c:a', 'libopus'], { rate: 48_000, samples: [14_140, 14_160] }),
  coded('mono.opus', ['-c:a', 'libopus'], { rate: 48_000, samples: [14_140, 14_160], channels: 1 }, mono),
  coded('speex.spx', ['-ar', '16000', '-ac', '1', '-c:a', 'libspeex'], { rate: 16_000, samples: [4600, 5400], channels: 1 }),
  coded('wavpack.wv', []),
  coded('tta.tta', []),
  coded('aiff.aiff', []),
  coded('aiff-c.aifc', ['-c:a', 'pcm_f32be', '-f', 'aiff']),
  coded('caf.caf', []),
  coded('au.au', []),
  coded('voc.voc', ['-c:a', 'pcm_s16le']),
  coded('w64.w64', [], { samples: [samples, samples + 2] }),
  coded('rf64.wav', ['-rf64', 'always']),
  coded('adpcm.wav', ['-c:a', 'adpcm_ms'], { samples: [samples, samples + 1100] }),
  coded('wma.wma', ['-c:a', 'wmav2'], { samples: [samples - 4200, samples + 4200] }),
  coded('ac3.ac3', [], padded),
  coded('eac3.eac3', [], padded),
  coded('dts.dts', ['-c:a', 'dca', '-strict', '-2'], padded),
  coded('matroska.mka', ['-c:a', 'flac']),
  coded('webm.webm', ['-c:a', 'libopus'], { rate: 48_000, samples: [14_100, 15_200] }),
  coded('pcm.mov', ['-c:a', 'pcm_s16be']),
  coded('video.mp4', [...video, '-c:v', 'mpeg4', '-c:a', 'aac']),
  coded('video.mkv', [...video, '-c:v', 'mpeg4', '-c:a', 'flac']),
  coded('video.avi', [...video, '-c:v', 'mpeg4', '-c:a', 'pcm_s16le']),
  coded('video.ts', [...video, '-c:v', 'mpeg2video', '-c:a', 'mp2'], padded),
  coded('two languages.mkv', ['-map', '0', '-map', '0', '-c:a', 'flac'], { warnings: ['several-streams'] }),
  coded('cover.mp3', cover),
  coded('cover.flac', cover),
  coded('cover.m4a', [...cover, '-f', 'ipod']),
  coded('flac called text.txt', ['-f', 'flac']),
  coded('mp3 called wave.wav', ['-f', 'mp3']),
  coded('no extension', ['-f', 'flac']),
];

const headers: Readable[] = [
  handmade('one sample.wav', () => wave(sineFloats(1)), { samples: 1 }),
  handmade('ten samples.wav', () => wave(sineFloats(10)), { samples: 10 }),
  handmade('silence.wav', () => wave(floats(samples, 2, () => 0))),
  handmade('streamed, length unknown.wav', () => wave(sineFloats(samples), { claimed: 0xffff_ffff })),
  handmade('a foreign chunk first.wav', () => wave(sineFloats(samples), { extra: Buffer.from('junk\x06\0\0\0abcdef', 'latin1') })),
  handmade('47 hours claimed.wav', () => wave(sineFloats(samples, 1), { channels: 1, rate: 6000, claimed: 4_060_800_000 }), {
    ...{ rate: 6000, channels: 1 },
    warnings: ['truncated'],
  }),
  handmade('cut in half.wav', () => wave(sineFloats(samples)).subarray(0, 44 + samples * 4), { samples: samples / 2, warnings: ['truncated'] }),
  handmade('cut inside a sample.wav', () => wave(sineFloats(samples)).subarray(0, 44 + samples * 4 + 3), {
    samples: samples / 2,
    warnings: ['truncated', 'damaged'],
  }),
  handmade('NaN.wav', () => wave(floats(samples, 2, (frame) => (frame === 100 ? Number.NaN : 0.1))), { warnings: ['non-finite'] }),
  handmade('infinite.wav', () => wave(floats(samples, 2, (frame) => (frame === 100 ? Number.POSITIVE_INFINITY : 0.1))), { warnings: ['non-finite'] }),
  handmade('plus 18 dBFS.wav', () => wave(sineFloats(samples, 2, 8)), { warnings: ['float-format'] }),
  altered('cut.flac', [], (bytes) => bytes.subarray(0, bytes.length / 2), { samples: [1000, samples - 1000], warnings: ['truncated', 'damaged'] }),
  altered('cut.mp3', [], (bytes) => bytes.subarray(0, bytes.length / 2), { samples: [1000, samples - 1000], warnings: ['truncated'] }),
  altered('47 hours claimed.flac', [], claimHours, { warnings: ['truncated'] }),
  altered('damaged inside.mp3', ['-b:a', '128k'], (bytes) => Buffer.concat([bytes.subarray(0, 20_000), Buffer.alloc(900, 0x55), bytes.subarray(20_900)]), {
    samples: [longer - 5000, longer + 100],
    warnings: ['truncated', 'damaged'],
  }, longSong),
  altered('rubbish before.mp3', ['-id3v2_version', '0'], (bytes) => Buffer.concat([Buffer.alloc(500), bytes]), { samples: [longer - 1200, longer + 2400] }, longSong),
];

/** Sets the 36-bit sample count of a FLAC file's STREAMINFO to 47 hours' worth. */
function claimHours(bytes: Buffer): Buffer {
  const total = 47 * 3600 * rate;
  bytes[21] = ((bytes[21] ?? 0) & 0xf0) | Math.floor(total / 2 ** 32);
  bytes.writeUInt32BE(total % 2 ** 32, 22);
  return bytes;
}

const long = (extension: string) => `${'n'.repeat(255 - extension.length)}${extension}`;
const names = [
  'spaces  and a trailing one .wav',
  '-nostdin.wav',
  '--out.wav',
  `quo"te's.wav`,
  'line\nbreak.wav',
  'caf\u00e9.wav',
  'cafe\u0301.wav',
  '\u97f3\u697d \ud83c\udfb5.wav',
  '%03d.wav',
  'concat:a|b.wav',
  'pipe:0',
  'http:x.wav',
  '....wav',
  '.wav',
  '$(id) `id` ;.wav',
  'back\\slash.wav',
  '[0:a].wav',
  long('.wav'),
  '\u00e9'.repeat(125) + '.wav',
].map((name): Readable => handmade(name, () => wave(sineFloats(samples))));

// Windows knows neither such names nor FIFOs and devices among files.
const isPosix = process.platform !== 'win32';
const readable: Readable[] = [...rates, ...sampleFormats, ...layouts, ...codecs, ...headers, ...(isPosix ? names : [])];
const posixOnly: Refused[] = [
  { name: 'fifo.wav', make: makeFifo, message: /not a regular file/ },
  { name: 'device.wav', make: (path) => symlink('/dev/zero', path), message: /not a regular file/ },
  { name: 'dangling.wav', make: (path) => symlink('/nowhere', path), message: /no such file/ },
];

function makeFifo(path: string): Promise<void> {
  execFileSync('mkfifo', [path]);
  return Promise.resolve();
}

const refused: Refused[] = [
  { name: 'missing.wav', make: () => Promise.resolve(), message: /no such file/ },
  { name: 'folder.wav', make: (path) => mkdir(path), message: /a folder/ },
  { name: 'empty.wav', make: (path) => writeFile(path, ''), message: /empty/ },
  ...(isPosix ? posixOnly : []),
  { name: 'text.txt', make: (path) => writeFile(path, 'Dear Sir or Madam,\n'.repeat(50)), message: /not an audio|text file|no audio stream/ },
  { name: 'noise.mp3', make: (path) => writeFile(path, Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * 31 + (i >> 3)) & 0x7f))), message: /not an audio|no sound/ },
  { name: 'header alone.wav', make: (path) => writeWave(path, Buffer.alloc(0)), message: /no sound|not an audio/ },
  { name: 'half a header.wav', make: (path) => writeFile(path, wave(sineFloats(10)).subarray(0, 30)), message: /not an audio/ },
  { name: 'rifx.wav', make: (path) => writeWave(path, sineFloats(100), { id: 'RIFX' }), message: /RIFX/ },
  { name: 'zero rate.wav', make: (path) => writeWave(path, sineFloats(100), { rate: 0 }), message: /sample rate of 0|not an audio/ },
  { name: 'mad rate.wav', make: (path) => writeWave(path, sineFloats(100), { rate: 2_000_000_000 }), message: /sample rate/ },
  { name: 'zero channels.wav', make: (path) => writeWave(path, sineFloats(100), { channels: 0 }), message: /no channels|not an audio|sample rate/ },
  { name: '200 channels.wav', make: (path) => writeWave(path, sineFloats(100, 200), { channels: 200 }), message: /200 channels|not an audio/ },
  { name: 'picture.png', make: (path) => ffmpeg(...picture, `file:${path}`), message: /no audio stream/ },
  { name: 'mute.mp4', make: (path) => ffmpeg(...video, '-c:v', 'mpeg4', `file:${path}`), message: /no audio stream/ },
  { name: 'playlist.m3u8', make: (path) => writeFile(path, '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n10.wav\n#EXT-X-ENDLIST\n'), message: /playlist|not an audio/ },
  { name: 'list.ffconcat', make: (path) => writeFile(path, "ffconcat version 1.0\nfile 'pcm_s16le.wav'\n"), message: /playlist|not an audio/ },
  { name: 'session.sdp', make: (path) => writeFile(path, 'v=0\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n'), message: /playlist|not an audio/ },
  { name: 'archive.zip', make: (path) => writeFile(path, Buffer.from('PK\x03\x04'.padEnd(200, '\0'), 'latin1')), message: /not an audio/ },
  { name: 'cut.m4a', make: async (path) => {
    await ffmpeg(...stereo, '-c:a', 'aac', `file:${path}`);
    await truncate(path, 2000);
  }, message: /not an audio/ },
];

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop({ sources: ['sound'] });
});
afterAll(() => shop.close());

it('the table is large enough', () => {
  expect(readable.length + refused.length).toBeGreaterThanOrEqual(80);
});

describe('becomes stems of its own length, rate and channels', () => {
  it.each(readable)('$name', async ({ name, make, outcome }) => {
    const path = join(shop.folder, name);
    await make(path);
    const report = await shop.separate(path);
    const [stem] = report.stems;
    const written = await probe(stem?.path ?? '');
    const [least, most] = typeof outcome.samples === 'object' ? outcome.samples : [outcome.samples ?? samples, outcome.samples ?? samples];
    expect(report.input.samples).toBeGreaterThanOrEqual(least);
    expect(report.input.samples).toBeLessThanOrEqual(most);
    expect(report.warnings.map(({ code }) => code)).toEqual(outcome.warnings ?? []);
    expect(written).toMatchObject({ rate: outcome.rate ?? rate, channels: outcome.channels ?? 2 });
    expect(Math.round((written.claimedSeconds ?? 0) * written.rate)).toBe(report.input.samples);
    expect(stem).toMatchObject({ rate: written.rate, channels: written.channels, samples: report.input.samples });
  });
});

describe('is refused in one line, and nothing is left', () => {
  it.each(refused)('$name', async ({ name, make, message }) => {
    const path = join(shop.folder, name);
    const out = join(shop.folder, 'refused');
    await make(path);
    const fault = await shop.separate(path, { out }).then(() => null, toFault);
    expect(fault).toMatchObject({ code: 'input', message: expect.stringMatching(message) as string });
    expect(`${fault?.message ?? ''}${fault?.hint ?? ''}`).not.toContain('\n');
    expect(fault?.hint).not.toBe('');
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });
});

it('songs of one name go into folders of their own', async () => {
  const [first, second] = [join(shop.folder, 'one', 'same.wav'), join(shop.folder, 'two', 'same.wav')];
  const out = join(shop.folder, 'together');
  for (const path of [first, second]) {
    await mkdir(join(path, '..'));
    await copyFile(join(shop.folder, 'pcm_s16le.wav'), path);
    await shop.separate(path, { out });
  }
  expect((await readdir(out)).sort()).toEqual(['same', 'same (2)']);
});
