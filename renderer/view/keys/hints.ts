import type { StudioState } from '../../store/state.ts';

export type Hint = readonly [keys: string, does: string];

/** Those that are off with single characters. */
const characters = /^(?:\S|I O|Shift L)$/;

/** The keys that work now and are worth knowing. */
export function hintsFor({ page, benchmarks, song, finished, loop, selection, selected, isRegionOpen, settings, items }: StudioState): Hint[] {
  const help: Hint = ['?', 'all keys'];
  if (page === 'benchmark') {
    const now: Hint[] = benchmarks?.progress?.state === 'running' ? [['Esc', 'stop']] : [['Ctrl Enter', 'run'], ...((benchmarks?.results.length ?? 0) > 0 ? [['Ctrl S', 'save run'] as const] : [])];
    return settings.letterShortcuts ? [...now, help] : now;
  }
  if (page === 'live') {
    const live: Hint[] = [['↑ ↓', 'audition'], ['F', 'favourite'], ['B', 'bypass'], ['Alt ← →', 'move'], help];
    return settings.letterShortcuts ? live : live.filter(([keys]) => !characters.test(keys));
  }
  if (song === null) return [['Ctrl O', 'open'], help];
  const isRunning = items.some(({ state }) => state === 'running');
  const lane: Hint[] = selected === null ? [] : [['M', 'mute'], ['S', 'solo']];
  const region: Hint[] = loop === null ? [['I O', 'loop in, out']] : [['Z', 'zoom to loop'], ...(finished === null ? [] : [['R', 'redo region'] as const])];
  const marked: Hint[] = selection === null ? [] : [['Shift L', 'loop it']];
  const leave: Hint[] = isRegionOpen ? [['Esc', 'close']] : isRunning ? [['Esc', 'cancel']] : [];
  // They end at the edge: what comes and goes by itself stands first, and moves nothing.
  const all: Hint[] = [...leave, ['Space', 'play'], ...lane, ...(marked.length > 0 ? marked : region), help];
  return settings.letterShortcuts ? all : all.filter(([keys]) => !characters.test(keys));
}
