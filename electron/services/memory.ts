import { StemwrightError } from '../contract/errors.ts';
import type { SeparationMode } from '../contract/model.ts';
import type { LoadedModel } from './models.ts';

export interface MemoryQuestion {
  mode: SeparationMode;
  threads: number;
  /** Null: the model's own. */
  segmentSeconds: number | null;
  /** Null: no limit. */
  budgetBytes: number | null;
}

export interface MemoryAnswer {
  segmentSeconds: number;
  /** Whether the budget made the segment shorter. */
  isLimited: boolean;
  bytes: number;
  /** Of that: the weights of all models, and what each second of a segment adds. */
  weightBytes: number;
  bytesPerSecond: number;
}

type Parts = Pick<LoadedModel, 'parts'>['parts'];

/**
 * How long segments may be within the budget, and what memory that takes at most.
 * @throws StemwrightError 'no-room' when not even the shortest segment fits
 */
export function planMemory(parts: Parts, { mode, threads, segmentSeconds, budgetBytes }: MemoryQuestion): MemoryAnswer {
  const weights = parts.reduce((sum, { model }) => sum + model.info.weightBytes, 0);
  const besides = (part: Parts[number]) => weights - part.model.info.weightBytes;
  const bytes = (seconds: number | null) => Math.max(...parts.map((part) => part.model.memoryFor({ mode, threads, segmentSeconds: seconds }) + besides(part)));
  const wanted = segmentSeconds ?? ownSegment(parts);
  const growth = { weightBytes: weights, bytesPerSecond: (bytes(20) - bytes(10)) / 10 };
  if (budgetBytes === null || bytes(segmentSeconds) <= budgetBytes) {
    return { segmentSeconds: wanted, isLimited: false, bytes: bytes(segmentSeconds), ...growth };
  }
  const longest = parts.map((part) => {
    const left = budgetBytes - besides(part);
    return left > 0 ? part.model.maximumSegmentFor({ mode, threads, budgetBytes: left }) : null;
  });
  const limit = longest.includes(null) ? null : Math.min(...longest.filter((seconds) => seconds !== null));
  if (limit === null || limit >= wanted) {
    throw new StemwrightError('no-room', `this model needs more memory than the ${megabytes(budgetBytes)} it may take`, `Allow at least ${megabytes(bytes(Math.min(1, wanted)))} in the settings, or choose a smaller model.`);
  }
  return { segmentSeconds: limit, isLimited: true, bytes: bytes(limit), ...growth };
}

function ownSegment(parts: Parts): number {
  return Math.max(...parts.map(({ model: { info } }) => info.segmentFrames / info.sampleRate));
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
