import type { AppInfo, Meters, ReverbEffect, ReverbFacts } from '../../store/types.ts';
import { inMs } from './words.ts';

const sentence = (reason: string): string => reason.replace(/[.\s]+$/, '');

/** Why the GPU cannot have the tail; null: it can. @param wanted id of a device; null: the preferred one */
export function gpuObstacle({ mode, isThreaded }: Pick<ReverbEffect, 'mode' | 'isThreaded'>, info: Pick<AppInfo, 'backends' | 'gpus'> | null, wanted: string | null): string | null {
  const backend = info?.backends.find(({ id }) => id === 'gpu');
  const gpu = info?.gpus.find(({ id, isPreferred }) => (wanted === null ? isPreferred : id === wanted));
  if (gpu === undefined) return `No GPU: ${sentence(backend?.reason ?? '') || 'the one that was chosen is not here'}.`;
  if (gpu.verdict?.isAccepted === false) return `${gpu.name} has failed its test.`;
  if (mode !== 'partitioned') return 'The GPU computes tails of the partitioned mode alone.';
  return isThreaded ? null : 'The GPU computes tails with workers alone.';
}

/** What it computes, once it has been tried. */
export function gpuWords(reverb: ReverbFacts | null): string {
  const gpu = reverb?.gpu ?? null;
  if (gpu === null) return 'Warming up on the GPU.';
  if (gpu.fault !== '' && gpu.device === '') return `All on the CPU: ${sentence(gpu.fault)}.`;
  const rest = gpu.fault === '' ? '' : ` The rest stays on the CPU: ${sentence(gpu.fault)}.`;
  return `${gpu.device} computes ${gpu.partitions} partitions, ${gpu.seconds.toFixed(1)} s; its warm-up took ${inMs(gpu.warmUpSeconds)} and agrees with the CPU to ${gpu.agreementDb.toFixed(0)} dB. What comes late is the CPU’s.${rest}`;
}

/** How it does. */
export function gpuBlocks(effect: Meters['effects'][number] | undefined): string {
  if (effect === undefined) return '–';
  const { gpuBlocks: inTime, lateGpuBlocks: late, isGpuLost } = effect;
  return `${inTime} in time, ${late} late${isGpuLost ? ': lost, all on the CPU' : ''}`;
}
