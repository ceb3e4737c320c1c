import type { QueueOptions } from '../../store/types.ts';

export const groupNormLabels: Readonly<Record<QueueOptions['groupNorm'], string>> = { welford: 'Welford', kahan: 'Kahan', standard: 'Plain' };
