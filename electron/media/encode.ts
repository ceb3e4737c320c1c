import { open } from 'node:fs/promises';
import { printable, StemwrightError } from '../contract/errors.ts';
import type { Dither, StemFormat } from '../contract/separation.ts';
import { plain } from './decode.ts';
import { formatTraits } from './formats.ts';
import { fileUrl, runTool, type ToolEnd } from './process.ts';
import { rawInput, type RawTrack } from './resample.ts';

export interface EncodeSpec {
  source: RawTrack;
  output: string;
  format: StemFormat;
  /** Linear, applied before the samples are rounded. */
  gain: number;
  /** Of formats of integers. */
  dither: Dither;
  tags: Record<string, string>;
  /** What `extractCover` made for this format. */
  cover: string | null;
}

/** Writes one stem and brings it onto the disk. */
export function encode(spec: EncodeSpec, signal?: AbortSignal): Promise<void> {
  return encodeAll([spec], signal);
}

/** Writes several with one coder after the other, in one process: its start takes longer than half a minute of WAV. */
export async function encodeAll(specs: readonly EncodeSpec[], signal?: AbortSignal): Promise<void> {
  const covers = specs.filter(({ cover }) => cover !== null);
  const end = await runTool(
    'ffmpeg',
    [
      ...['-nostdin', '-y', '-loglevel', 'error'],
      ...specs.flatMap(({ source }) => rawInput(source)),
      ...covers.flatMap(coverInput),
      ...specs.flatMap((spec, index) => outputArguments(spec, index, specs.length + covers.indexOf(spec))),
    ],
    { signal },
  );
  // ffmpeg 5 ends with 0 even when the disk was full, so its error lines decide.
  if (!end.ok || end.errors.length > 0) {
    const text = end.errors.join('\n');
    const failed = specs.find(({ output }) => text.includes(output)) ?? specs[0];
    throw writeFault(failed?.output ?? '', end);
  }
  for (const { output } of specs) {
    await flush(output);
  }
}

/** @param input number of the track @param picture number of the cover, if there is one */
function outputArguments(spec: EncodeSpec, input: number, picture: number): string[] {
  const { codec, muxer, integer } = formatTraits[spec.format];
  return [
    ...['-map', `${input}:a`, ...coverOutput(spec, picture)],
    ...['-af', filters(spec, integer), ...codec],
    ...Object.entries(spec.tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]),
    ...['-f', muxer, fileUrl(spec.output)],
  ];
}

function coverInput({ cover, format }: EncodeSpec): string[] {
  return cover === null ? [] : [...(formatTraits[format].cover === 'comment' ? ['-f', 'ffmetadata'] : []), '-i', fileUrl(cover)];
}

function coverOutput({ cover, format }: EncodeSpec, picture: number): string[] {
  if (cover === null) {
    return [];
  }
  return formatTraits[format].cover === 'comment' ? ['-map_metadata', `${picture}`] : ['-map', `${picture}:v`, '-c:v', 'copy', '-disposition:v', 'attached_pic'];
}

/** Where ffmpeg has no noise-shaping filter for the rate, it takes triangular dither with a high-pass instead. */
const ditherMethods: Record<Dither, string | null> = { triangular: 'triangular', shaped: 'shibata', none: null };

function filters({ gain, dither }: EncodeSpec, integer: 16 | 24 | null): string {
  const method = ditherMethods[dither] === null ? '' : `:dither_method=${ditherMethods[dither]}`;
  const volume = gain === 1 ? [] : [`volume=${gain}:precision=float`];
  const round = integer === null ? [] : [`aresample=osf=${integer === 16 ? 's16' : 's32'}${method}:output_sample_bits=${integer}`];
  return [...volume, ...round, 'anull'].join(',');
}

function writeFault(path: string, end: ToolEnd): StemwrightError {
  const text = end.errors.join('\n');
  if (/No space left on device|Disk quota exceeded|Cannot allocate memory/i.test(text)) {
    return new StemwrightError('no-room', `${printable(path)}: no room left`, 'Free some space, or choose another folder with --out.');
  }
  const reason = plain(end.errors[0] ?? 'no reason given');
  return new StemwrightError('output', `${printable(path)}: cannot be written (${reason})`, 'Choose another folder with --out, or another --format.');
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
