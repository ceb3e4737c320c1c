import type { EngineMemory, Hardware, Meters } from '../../store/types.ts';
import { formatBytes } from '../../units/bytes.ts';

/** One line of the panel. */
export interface Figure {
  id: string;
  label: string;
  /** The top of its line's scale, where it has a line. */
  least?: number;
  text: (sound: Meters | null, machine: Hardware | null) => string;
  value?: (sound: Meters | null, machine: Hardware | null) => number | null;
  /** Something is wrong. */
  isBad?: (sound: Meters | null, machine: Hardware | null) => boolean;
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
const noSound = 'no sound device open';

export const figures: readonly Figure[] = [
  { id: 'load', label: 'Render load', least: 1, text: (sound) => (sound === null ? noSound : percent(sound.loadMean)), value: (sound) => sound?.loadMean ?? null, isBad: (sound) => (sound?.loadMean ?? 0) > 0.8 },
  { id: 'worst', label: 'Worst block', least: 1, text: (sound) => (sound === null ? '–' : percent(sound.loadWorst)), value: (sound) => sound?.loadWorst ?? null, isBad: (sound) => (sound?.loadWorst ?? 0) > 1 },
  { id: 'xruns', label: 'Xruns', text: (sound) => (sound === null ? '–' : String(sound.xruns + sound.overloads)), isBad: (sound) => (sound?.xruns ?? 0) + (sound?.overloads ?? 0) > 0 },
  { id: 'latency', label: 'Latency', text: (sound) => (sound === null ? '–' : `${(1000 * (sound.inputLatencySeconds + sound.outputLatencySeconds)).toFixed(1)} ms`) },
  { id: 'gpu', label: 'GPU time', text: (_, machine) => gpuText(machine) },
  { id: 'backend', label: 'Backend', text: (_, machine) => (machine === null ? '–' : machine.state.backend === 'gpu' ? 'CPU and GPU' : `CPU: ${machine.state.reason}`) },
  { id: 'cpu', label: 'Processor', least: 1, text: (_, machine) => (typeof machine?.cpuShare === 'number' ? percent(machine.cpuShare) : '–'), value: (_, machine) => machine?.cpuShare ?? null },
  { id: 'memory', label: 'Memory', least: 1e8, text: (_, machine) => (machine === null ? '–' : formatBytes(machine.residentBytes)), value: (_, machine) => machine?.residentBytes ?? null },
  { id: 'thermal', label: 'Thermal state', text: (_, machine) => machine?.state.thermal ?? '–', isBad: (_, machine) => machine?.state.thermal === 'serious' || machine?.state.thermal === 'critical' },
  { id: 'pressure', label: 'Memory pressure', text: (_, machine) => machine?.state.pressure ?? '–', isBad: (_, machine) => (machine?.state.pressure ?? 'none') !== 'none' },
];

/** Of the last execution, a segment of a song mostly, and how much of the time something was computed. */
function gpuText(machine: Hardware | null): string {
  if (machine === null) return '–';
  const { gpu, gpuShare } = machine;
  if (gpu.executions === 0) return 'none';
  return `${(1000 * gpu.lastSeconds).toPrecision(3)} ms${gpuShare === null ? '' : `, ${percent(gpuShare)} busy`}`;
}

const ownerNames: Readonly<Record<EngineMemory['owners'][number]['name'], string>> = {
  weights: 'weights',
  workspaces: 'workspaces',
  sound: 'sound',
  networks: 'networks',
  convolution: 'convolution',
  pools: 'pools',
  caches: 'caches',
};

/** What the engine holds, the most first: "weights 29 MB, caches 4 MB". */
export function ownersText(machine: Hardware | null): string {
  if (machine === null) return '–';
  const held = machine.memory.owners.filter(({ bytes }) => bytes > 0).toSorted((a, b) => b.bytes - a.bytes);
  const budget = machine.memoryBudgetBytes === null ? '' : `, of ${formatBytes(machine.memoryBudgetBytes)} allowed`;
  const peak = machine.memory.peakBytes === 0 ? budget : `, at most ${formatBytes(machine.memory.peakBytes)} so far${budget}`;
  return held.length === 0 ? `The engine holds nothing${peak}.` : `${held.map(({ name, bytes }) => `${ownerNames[name]} ${formatBytes(bytes)}`).join(', ')}${peak}.`;
}

/** Of one line, for another panel that shows it. */
export function figureText(id: string): Figure['text'] {
  return figures.find((figure) => figure.id === id)?.text ?? (() => '–');
}
