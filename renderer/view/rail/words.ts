import type { Plan } from '../../store/state.ts';
import type { ItemProgress, QueueItem, QueueOptions } from '../../store/types.ts';
import { formatBytes } from '../../units/bytes.ts';
import { formatDuration } from '../../units/time.ts';

export const phaseWords: Readonly<Record<ItemProgress['progress']['phase'], string>> = {
  load: 'Loading the model',
  decode: 'Reading the song',
  resample: 'Matching the sample rate',
  separate: 'Separating',
  finish: 'Putting the stems together',
  encode: 'Writing the stems',
};

const channelWords = ['', 'mono', 'stereo'];

/** "FLAC, 44.1 kHz, stereo" */
export function mediaLine(plan: Plan | undefined): string {
  if (plan?.ok !== true) return '';
  const { codec, rate, channels } = plan.plan.media;
  return `${codec.toUpperCase()}, ${Number((rate / 1000).toFixed(2))} kHz, ${channelWords[channels] ?? `${channels} channels`}`;
}

/** "house, full, 4 stems, CPU" */
export function planLine(options: QueueOptions, plan: Plan | undefined): string {
  const mode = options.mode === 'full' ? 'full' : 'time only';
  if (plan?.ok !== true) return `${options.model}, ${mode}`;
  const { stems, backend } = plan.plan;
  return `${options.model}, ${mode}, ${stems.length === 1 ? `${stems[0] ?? ''} only` : `${stems.length} stems`}, ${backend.toUpperCase()}`;
}

/** "2 min 13 s, 0.9 GB memory, 290 MB disk": what is known of it. */
export function costLine(plan: Plan | undefined): string {
  if (plan?.ok !== true) return '';
  const { seconds, isRough, memoryBytes, diskBytes } = plan.plan.predicted;
  const parts = [
    seconds === null ? 'time –' : `${isRough ? 'up to ' : ''}${formatDuration(seconds)}`,
    memoryBytes === null ? '' : `${formatBytes(memoryBytes)} memory`,
    diskBytes === null ? '' : `${formatBytes(diskBytes)} disk`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** What speaks against beginning, before it begins. @param memory of the machine, bytes */
export function planWarnings(plan: Plan | undefined, memory: number | null): string[] {
  if (plan?.ok !== true) return [];
  const { predicted, freeDiskBytes, isSegmentLimited, segmentSeconds } = plan.plan;
  const { diskBytes, memoryBytes } = predicted;
  const warnings: string[] = [];
  if (diskBytes !== null && diskBytes > freeDiskBytes) warnings.push(`Needs ${formatBytes(diskBytes)} of disk; ${formatBytes(freeDiskBytes)} are free.`);
  if (memoryBytes !== null && memory !== null && memory > 0 && memoryBytes > memory * 0.9) {
    warnings.push(`Needs ${formatBytes(memoryBytes)} of memory; this machine has ${formatBytes(memory)}. Set a memory budget, or shorter segments.`);
  }
  if (isSegmentLimited) warnings.push(`Segments of ${Number(segmentSeconds.toFixed(1))} s, to stay within the memory budget.`);
  return warnings;
}

/** "segment 12 of 43": how far it is in the pieces that the song is cut into. */
export function segmentLine(plan: Plan | undefined, options: QueueOptions, fraction: number): string {
  if (plan?.ok !== true || plan.plan.media.seconds === null) return '';
  const { media, segmentSeconds } = plan.plan;
  const count = Math.max(1, Math.ceil((media.seconds ?? 0) / (segmentSeconds * (1 - options.overlap))));
  return `segment ${Math.min(count, Math.floor(fraction * count) + 1)} of ${count}`;
}

/** Of all that waits or runs; null while one of them is not known. */
export function secondsLeft(open: readonly QueueItem[], plans: Readonly<Record<string, Plan>>, progress: ItemProgress | null): number | null {
  let sum = 0;
  for (const { id, state } of open) {
    const plan = plans[id];
    if (plan?.ok === false) continue;
    const whole = plan?.plan.predicted.seconds ?? null;
    const left = state === 'running' && progress?.id === id ? progress.progress.etaSeconds : whole;
    if (left === null) return null;
    sum += left;
  }
  return sum === 0 ? null : sum;
}
