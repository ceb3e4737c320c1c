import { open, type FileHandle } from 'node:fs/promises';
import { cancelled } from '../contract/errors.ts';

/** Seconds to each side of a join. */
const reach = 0.005;
const blockFrames = 1 << 15;

/** Frames at which a segment begins or ends within the song: where what overlaps changes hands. */
export function joinsOf(frames: number, segmentFrames: number, overlap: number): number[] {
  const stride = Math.max(1, Math.trunc((1 - overlap) * segmentFrames));
  const joins = new Set<number>();
  for (let start = 0; start < frames; start += stride) {
    for (const edge of [start, start + segmentFrames]) {
      if (edge > 0 && edge < frames) joins.add(edge);
    }
  }
  return [...joins].sort((a, b) => a - b);
}

export interface JoinSubject {
  /** Tracks of interleaved f32le, all of one length. */
  mix: string;
  stems: readonly string[];
  channels: number;
  joins: readonly number[];
  rate: number;
}

export interface JoinFigures {
  /** Level of mix − Σ stems within 5 ms of a join, and elsewhere; dBFS. */
  residualDb: number;
  restResidualDb: number;
  /** Second differences of the stems there over those elsewhere, beside the same of the mix, whose music may be rougher there; dB. A click is far above 0. */
  roughnessDb: number;
}

const nothing = { residual: 0, rough: 0, mixRough: 0, count: 0 };
type Sums = typeof nothing;

/** What joins do to the sound. @throws StemwrightError 'cancelled' */
export async function measureJoins({ mix, stems, channels, joins, rate }: JoinSubject, signal: AbortSignal): Promise<JoinFigures> {
  const near = Math.round(reach * rate);
  const files = await Promise.all([mix, ...stems].map((path) => open(path)));
  const sums = { at: { ...nothing }, rest: { ...nothing } };
  try {
    let next = 0;
    for (let start = 0; ; start += blockFrames) {
      if (signal.aborted) throw cancelled();
      // Two frames more, so that second differences go on from block to block.
      const [whole, ...parts] = await Promise.all(files.map((file) => readFrames(file, start, blockFrames + 2, channels)));
      if (whole === undefined || whole.length <= 2 * channels) break;
      const frames = Math.min(blockFrames, whole.length / channels - 2);
      for (let frame = 0; frame < frames; frame++) {
        const place = start + frame;
        while ((joins[next] ?? Infinity) < place - near) next += 1;
        const sum = Math.abs((joins[next] ?? Infinity) - place) <= near ? sums.at : sums.rest;
        sum.count += 1;
        add(sum, whole, parts, frame * channels, channels);
      }
      if (frames < blockFrames) break;
    }
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
  const db = (power: number): number => Math.max(-200, 10 * Math.log10(power));
  const level = ({ residual, count }: Sums): number => db(residual / count / channels);
  const roughness = ({ rough, mixRough }: Sums): number => rough / mixRough;
  return { residualDb: level(sums.at), restResidualDb: level(sums.rest), roughnessDb: db(roughness(sums.at) / roughness(sums.rest)) };
}

function add(sum: Sums, whole: Float32Array, parts: readonly Float32Array[], at: number, channels: number): void {
  for (let i = at; i < at + channels; i++) {
    let rest = whole[i] ?? 0;
    for (const part of parts) {
      rest -= part[i] ?? 0;
      sum.rough += bend(part, i, channels);
    }
    sum.residual += rest * rest;
    sum.mixRough += bend(whole, i, channels);
  }
}

/** The square of the second difference. */
function bend(samples: Float32Array, at: number, channels: number): number {
  return ((samples[at] ?? 0) - 2 * (samples[at + channels] ?? 0) + (samples[at + 2 * channels] ?? 0)) ** 2;
}

async function readFrames(file: FileHandle, start: number, frames: number, channels: number): Promise<Float32Array> {
  const bytes = new Uint8Array(frames * channels * 4);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start * channels * 4);
  return new Float32Array(bytes.buffer, 0, Math.floor(bytesRead / 4));
}
