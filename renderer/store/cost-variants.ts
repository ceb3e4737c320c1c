import type { QueueOptions } from '../client/contract.ts';

export const costKeys = ['now', 'mode', 'overlap', 'shifts', 'segment', 'precision'] as const;
export type CostKey = (typeof costKeys)[number];

/** The choices as they stand, and each of them changed to what one would compare with. */
export function costVariants(options: QueueOptions): Record<CostKey, QueueOptions> {
  return {
    now: options,
    mode: { ...options, mode: options.mode === 'full' ? 'time-only' : 'full' },
    overlap: { ...options, overlap: options.overlap === 0.5 ? 0.25 : 0.5 },
    shifts: { ...options, shifts: options.shifts >= 2 ? 0 : 2 },
    precision: { ...options, precision: options.precision === 'fp32' ? 'bf16' : 'fp32' },
    segment: { ...options, segmentSeconds: options.segmentSeconds === null ? 30 : null },
  };
}
