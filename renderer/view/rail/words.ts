import type { ItemProgress, QueueOptions } from '../../store/types.ts';
import type { Plan } from '../../store/state.ts';
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
  const { seconds, memoryBytes, diskBytes } = plan.plan.predicted;
  const parts = [
    seconds === null ? 'time not measured yet' : formatDuration(seconds),
    memoryBytes === null ? '' : `${formatBytes(memoryBytes)} memory`,
    diskBytes === null ? '' : `${formatBytes(diskBytes)} disk`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** A fault's message with the song's name in place of its path, which for an upload means nothing to anyone. */
export function withoutPath(message: string, path: string): string {
  return message.replaceAll(path, path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1));
}
