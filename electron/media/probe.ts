import { open, stat } from 'node:fs/promises';
import { z } from 'zod';
import { printable, StemwrightError } from '../contract/errors.ts';
import { fileUrl, inputGuard, runTool } from './process.ts';
import { riffClaim } from './riff.ts';

/** What a file holds, as far as separating it is concerned. */
export interface MediaInfo {
  path: string;
  /** ffmpeg's name of the container, e.g. `wav` or `mov,mp4,m4a,3gp,3g2,mj2`. */
  container: string;
  codec: string;
  /** Index of the chosen audio stream among all streams, and how many audio streams there are. */
  stream: number;
  audioStreams: number;
  rate: number;
  channels: number;
  /** e.g. `stereo`, `5.1(side)`; empty when the file does not say. */
  layout: string;
  /** The length that the file claims. Null when it makes no exact claim. */
  claimedSeconds: number | null;
  /** True length in samples where the container knows it better than the decoder does. */
  trimToSamples: number | null;
  tags: Record<string, string>;
  cover: { stream: number; codec: string } | null;
}

const numeric = z.coerce.number();
const Tags = z.record(z.string(), z.string()).optional();
const Stream = z.object({
  index: z.int().nonnegative(),
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  sample_rate: numeric.optional(),
  channels: z.int().optional(),
  channel_layout: z.string().optional(),
  time_base: z.string().optional(),
  duration_ts: z.number().optional(),
  duration: numeric.optional(),
  disposition: z.record(z.string(), z.number()).optional(),
  tags: Tags,
});
type Stream = z.infer<typeof Stream>;
const Probe = z.object({
  streams: z.array(Stream).default([]),
  packets: z.array(z.object({ pts: z.number().optional() })).default([]),
  format: z.object({ format_name: z.string(), duration: numeric.optional(), tags: Tags }).optional(),
});
type Probe = z.infer<typeof Probe>;

/** Containers that only lead to other files, and text drawn as pictures. */
const refusedContainers = new Set(['hls', 'concat', 'dash', 'imf', 'sdp', 'rtsp', 'webm_dash_manifest', 'tty', 'lavfi']);
const rateLimits = { min: 1000, max: 768_000 };
const probedEntries = [
  'stream=index,codec_type,codec_name,sample_rate,channels,channel_layout,time_base,duration_ts,duration',
  'stream_disposition=default,attached_pic',
  'stream_tags',
  'format=format_name,duration',
  'format_tags',
].join(':');
/** Without a timeout a hostile file could hold the probe up for good. */
const probeTimeoutMs = 60_000;

/** @throws StemwrightError 'input' when nothing in the file can be separated */
export async function probe(path: string, signal?: AbortSignal): Promise<MediaInfo> {
  const head = await readHead(path);
  refuseByMagic(path, head);
  const { found, inexact } = await ask(path, ['-show_entries', probedEntries], signal);
  if (found.format === undefined) {
    throw notAudio(path);
  }
  if (found.format.format_name.split(',').some((name) => refusedContainers.has(name))) {
    throw new StemwrightError('input', `${printable(path)}: a playlist or text file, not audio`, 'Give the audio file itself.');
  }
  const audio = found.streams.filter((stream) => stream.codec_type === 'audio');
  const stream = audio.find(({ disposition }) => disposition?.['default'] === 1) ?? audio[0];
  if (stream === undefined) {
    throw new StemwrightError('input', `${printable(path)}: has no audio stream`, 'Give a file with sound in it.');
  }
  const { rate, channels } = checkFormat(path, stream);
  return {
    path,
    container: found.format.format_name,
    codec: stream.codec_name ?? 'unknown',
    stream: stream.index,
    audioStreams: audio.length,
    rate,
    channels,
    layout: stream.channel_layout ?? '',
    claimedSeconds: riffClaim(head, (await stat(path)).size) ?? (inexact ? null : claimedSeconds(found, stream)),
    trimToSamples: await trueLength(path, found, stream, rate, signal),
    tags: { ...stream.tags, ...found.format.tags },
    cover: findCover(found.streams),
  };
}

async function readHead(path: string): Promise<Buffer> {
  const info = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!info.isFile()) {
    const kind = info.isDirectory() ? 'a folder' : 'not a regular file';
    throw new StemwrightError('input', `${printable(path)}: ${kind}`, 'Give an audio or video file.');
  }
  if (info.size === 0) {
    throw new StemwrightError('input', `${printable(path)}: the file is empty`, 'Copy or download it again.');
  }
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const head = Buffer.alloc(4096);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function unreadable(path: string, error: unknown): StemwrightError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const reasons: Record<string, string> = { ENOENT: 'no such file', EACCES: 'permission to read it is missing', ENAMETOOLONG: 'the name is too long' };
  return new StemwrightError('input', `${printable(path)}: ${reasons[code] ?? `cannot be read (${code})`}`, 'Check the path.', { cause: error });
}

function refuseByMagic(path: string, head: Buffer): void {
  if (head.subarray(0, 4).toString('latin1') === 'RIFX') {
    throw new StemwrightError('input', `${printable(path)}: big-endian WAV (RIFX) is not supported`, 'Convert it to ordinary WAV, for instance with sox.');
  }
}

function notAudio(path: string): StemwrightError {
  return new StemwrightError('input', `${printable(path)}: not an audio or video file, or damaged beyond reading`, 'Check that it plays elsewhere.');
}

async function ask(path: string, extra: readonly string[], signal: AbortSignal | undefined): Promise<{ found: Probe; inexact: boolean }> {
  const args = [...inputGuard, '-loglevel', 'warning', '-print_format', 'json', ...extra, fileUrl(path)];
  const { output, errors } = await runTool('ffprobe', args, { signal, timeoutMs: probeTimeoutMs });
  const parsed = Probe.safeParse(parseJson(output));
  if (!parsed.success) {
    throw notAudio(path);
  }
  return { found: parsed.data, inexact: errors.some((line) => line.includes('Estimating duration')) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function checkFormat(path: string, stream: Stream): { rate: number; channels: number } {
  const rate = stream.sample_rate ?? 0;
  const channels = stream.channels ?? 0;
  if (rate < rateLimits.min || rate > rateLimits.max) {
    throw new StemwrightError('input', `${printable(path)}: claims a sample rate of ${rate} Hz`, 'The file is damaged, or not music.');
  }
  if (channels < 1) {
    throw new StemwrightError('input', `${printable(path)}: claims to have no channels`, 'The file is damaged.');
  }
  if (channels > 8) {
    throw new StemwrightError('input', `${printable(path)}: has ${channels} channels; at most 8 are supported`, 'Mix it down to stereo first.');
  }
  return { rate, channels };
}

function claimedSeconds(found: Probe, stream: Stream): number | null {
  const tag = matroskaSeconds(stream.tags?.['DURATION']);
  const onlyAudio = found.streams.every(({ codec_type, disposition }) => codec_type === 'audio' || disposition?.['attached_pic'] === 1);
  return stream.duration ?? tag ?? (onlyAudio ? (found.format?.duration ?? null) : null);
}

/** Matroska gives a stream's length as a tag: `00:03:25.120000000`. */
function matroskaSeconds(text: string | undefined): number | null {
  const match = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(text ?? '');
  return match === null ? null : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
}

/**
 * Samples between encoder delay and padding. MP4 files say it in an iTunes tag, in their edit list or in the length of
 * their last packet; ffmpeg's decoder drops the delay, but gives the last packet whole.
 */
async function trueLength(path: string, found: Probe, stream: Stream, rate: number, signal: AbortSignal | undefined): Promise<number | null> {
  if (found.format?.format_name.startsWith('mov,') !== true || stream.codec_name?.startsWith('pcm_') === true) {
    return null;
  }
  const iTunes = /^ ?\w+ \w+ \w+ (\w{16})(?: |$)/.exec(found.format.tags?.['iTunSMPB'] ?? '')?.[1];
  if (iTunes !== undefined && Number.parseInt(iTunes, 16) > 0) {
    return Number.parseInt(iTunes, 16);
  }
  const select = ['-select_streams', String(stream.index)];
  const [first, whole] = await Promise.all([
    ask(path, [...select, '-read_intervals', '%+#1', '-show_entries', 'packet=pts'], signal),
    ask(path, [...select, '-ignore_editlist', '1', '-show_entries', 'stream=index,duration_ts'], signal),
  ]);
  const edited = stream.duration_ts;
  const media = whole.found.streams[0]?.duration_ts;
  const ticks = ticksPerSecond(stream.time_base);
  if (edited === undefined || media === undefined || ticks === null) {
    return null;
  }
  const delay = Math.max(0, -(first.found.packets[0]?.pts ?? 0));
  return toSamples(edited, media - delay, ticks, rate);
}

/** Edit lists are often rounded to milliseconds; the media's own length is exact, but may include padding. */
function toSamples(edited: number, media: number, ticks: number, rate: number): number | null {
  const excess = (media - edited) / ticks;
  const length = Math.abs(excess) <= 0.002 ? media : edited;
  return excess < -0.002 || length <= 0 ? null : Math.round((length * rate) / ticks);
}

function ticksPerSecond(timeBase: string | undefined): number | null {
  const match = /^1\/(\d+)$/.exec(timeBase ?? '');
  return match === null ? null : Number(match[1]);
}

function findCover(streams: readonly Stream[]): MediaInfo['cover'] {
  const cover = streams.find(({ disposition }) => disposition?.['attached_pic'] === 1);
  return cover?.codec_name === undefined ? null : { stream: cover.index, codec: cover.codec_name };
}
