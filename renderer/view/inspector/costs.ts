import type { CostKey } from '../../store/cost-variants.ts';
import type { ItemPlan, ModelDescriptor, QueueOptions } from '../../store/types.ts';
import { formatBytes } from '../../units/bytes.ts';
import { formatDuration } from '../../units/time.ts';
import { timeOnlyLoss } from '../models/quality.ts';

export type Costs = Readonly<Partial<Record<CostKey, ItemPlan>>>;

/** "26 s instead of 2 min 13 s"; empty while one of the two is not known. */
export function instead(costs: Costs, key: CostKey): string {
  const now = costs.now?.predicted.seconds ?? null;
  const other = costs[key]?.predicted.seconds ?? null;
  return now === null || other === null ? '' : `${formatDuration(other)} instead of ${formatDuration(now)}`;
}

export function modelCost(model: ModelDescriptor | undefined, costs: Costs): string {
  if (model === undefined) return 'Not installed.';
  const length = costs.now?.media.seconds ?? null;
  const seconds = costs.now?.predicted.seconds ?? 0;
  const pace = length === null || seconds === 0 ? '' : ` ${(length / seconds).toFixed(1)} times real time here.`;
  return `${model.description}${/[.!?]$/.test(model.description) ? '' : '.'}${pace}`;
}

export function modeCost(model: ModelDescriptor | undefined, options: QueueOptions, costs: Costs): string {
  if (model !== undefined && !model.modes.includes('time-only')) return 'Time only: this model was not trained for it and loses much.';
  const loss = timeOnlyLoss(model?.quality ?? []);
  const quality = loss === null ? 'loses quality, how much nobody has measured' : `loses ${loss.toFixed(1)} dB on average`;
  const time = instead(costs, 'mode');
  if (options.mode === 'time-only') return `Time only ${quality}.${time === '' ? '' : ` Full: ${time}.`}`;
  return `Time only skips the spectrum: ${time === '' ? 'faster' : time}, and ${quality}.`;
}

export function overlapCost({ overlap }: QueueOptions, costs: Costs): string {
  const other = overlap === 0.5 ? '25 %' : '50 %';
  const time = instead(costs, 'overlap');
  return `More overlap joins segments more smoothly.${time === '' ? '' : ` ${other}: ${time}.`}`;
}

export function shiftsCost({ shifts }: QueueOptions, costs: Costs): string {
  const time = instead(costs, 'shifts');
  return `Averages shifted passes; from 2 on, each is a whole pass more.${time === '' ? '' : ` ${shifts >= 2 ? 'None' : '2'}: ${time}.`}`;
}

export function segmentCost({ segmentSeconds }: QueueOptions, costs: Costs): string {
  const memory = costs.now?.predicted.memoryBytes ?? null;
  const uses = memory === null ? '' : ` Uses ${formatBytes(memory)}.`;
  const other = costs.segment?.predicted.memoryBytes ?? null;
  if (costs.now?.isSegmentLimited === true) return `Cut to ${Number(costs.now.segmentSeconds.toFixed(1))} s by the memory budget.${uses}`;
  if (segmentSeconds !== null) return `Other than it was trained with: can lose quality.${uses}${other === null ? '' : ` The model’s own: ${formatBytes(other)}.`}`;
  return `As it was trained: the quality that was measured.${uses}${other === null ? '' : ` 30 s: ${formatBytes(other)}.`}`;
}

export function precisionCost({ precision }: QueueOptions, costs: Costs, hasBf16: boolean): string {
  if (!hasBf16) return `bf16: this processor does not compute in it.${precision === 'bf16' ? ' Choose fp32.' : ''}`;
  const time = instead(costs, 'precision');
  if (precision === 'bf16') return `bf16 rounds weights and what they multiply.${time === '' ? '' : ` fp32: ${time}.`}`;
  return `bf16 halves the weights and rounds what they multiply.${time === '' ? '' : ` Takes ${time}.`}`;
}

export function groupNormCost({ groupNorm }: QueueOptions): string {
  const costs = {
    welford: 'Keeps its mean exact whatever the level: the safe choice.',
    kahan: 'As exact as Welford, a little dearer.',
    standard: 'The fastest sums; wrong where a signal has a large mean.',
  };
  return costs[groupNorm];
}
