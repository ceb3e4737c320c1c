import { originalName, residualName } from '../../store/song.ts';
import { effectsOf, shownStrip } from '../../store/rack.ts';
import { responseKey } from '../../store/responses.ts';
import type { StudioState } from '../../store/state.ts';
import type { LibraryResponse } from '../../store/types.ts';
import { panStep, stepFader, toPan } from '../../units/levels.ts';

export interface KeyAction {
  /** As shown: "Ctrl O"; Cmd counts as Ctrl. */
  keys: string;
  label: string;
  group: 'Play' | 'Lanes' | 'Live' | 'Studio';
  /** The only view in which it works. */
  on?: StudioState['page'];
  /** Of KeyboardEvent.key, and for single characters without Shift's help. */
  matches: (event: KeyboardEvent) => boolean;
  run: (state: StudioState, event: KeyboardEvent) => void;
  /** A single character, which can be turned off (WCAG 2.1.4). */
  isLetter?: true;
}

const withCtrl = (event: KeyboardEvent): boolean => event.ctrlKey || event.metaKey;
const plain = (...names: string[]) => (event: KeyboardEvent): boolean => !withCtrl(event) && !event.altKey && names.includes(event.key);
const letter = (name: string) => (event: KeyboardEvent): boolean => !withCtrl(event) && !event.altKey && event.key.toLowerCase() === name;
const ctrl = (...names: string[]) => (event: KeyboardEvent): boolean => withCtrl(event) && names.includes(event.key.toLowerCase());

function selectBy(state: StudioState, step: number): void {
  const lanes = state.song?.lanes ?? [];
  const at = lanes.findIndex(({ name }) => name === state.selected);
  const next = lanes[Math.min(lanes.length - 1, Math.max(0, at + step))];
  if (next !== undefined) state.select(next.name);
}

function onLane(state: StudioState, change: (name: string, strip: StudioState['strips'][string]) => void): void {
  const strip = state.selected === null ? undefined : state.strips[state.selected];
  if (state.selected !== null && strip !== undefined) change(state.selected, strip);
}

function loopEdge(state: StudioState, isStart: boolean): void {
  const at = state.position();
  const [start, end] = state.loop ?? [0, state.song?.seconds ?? 0];
  if (isStart) state.setLoop(at, end > at ? end : (state.song?.seconds ?? 0));
  else state.setLoop(start < at ? start : 0, at);
}

/** The response that the shown chain's convolution has, and where it is in the list. */
function heardResponse(state: StudioState): { list: readonly LibraryResponse[]; at: number } {
  const list = state.responses.responses.filter(({ fault }) => fault === null);
  const effects = effectsOf(state.monitor, shownStrip(state));
  const effect = [effects[state.slot], ...effects].find((placed) => placed?.effect.kind === 'reverb')?.effect;
  const key = effect?.kind === 'reverb' ? responseKey(effect.response) : '';
  return { list, at: list.findIndex(({ response }) => responseKey(response) === key) };
}

function auditionBy(state: StudioState, step: -1 | 1): void {
  const { list, at } = heardResponse(state);
  const next = list[Math.min(list.length - 1, Math.max(0, at + step))];
  if (next !== undefined && list[at] !== next) state.audition(next.response);
}

function toggleFavourite(state: StudioState): void {
  const { list, at } = heardResponse(state);
  const heard = list[at];
  if (heard !== undefined) state.setFavourite(heard.response, !heard.isFavourite);
}

/** Escape: what lies over the centre, the panel, what is marked, and then the running job, which is asked for first. */
function leave(state: StudioState): void {
  const running = state.items.find(({ state: at }) => at === 'running');
  if (state.isNarrow && (state.isRailOpen || state.isInspectorOpen)) state.closeDrawers();
  else if (state.page === 'benchmark' && state.benchmarks?.progress?.state === 'running') state.stopBenchmarks();
  else if (state.isRegionOpen) state.closeRegion();
  else if (state.selection !== null) state.clearSelection();
  else if (running !== undefined) {
    const stop = { label: 'Cancel it', run: () => { state.cancelItem(running.id); } };
    state.notify('warn', `${running.title} is still being worked on.`, 'Cancelled, it can be begun again from the queue.', stop);
  }
}

const pageKeys: Readonly<Record<string, StudioState['page']>> = { 1: 'studio', 2: 'live', 3: 'benchmark', 4: 'models' };

/** Keys that need the page itself. */
export interface PageActions {
  choose: () => void;
}

export function keyActions({ choose }: PageActions): readonly KeyAction[] {
  return [
    { keys: 'Space', label: 'play, pause', group: 'Play', matches: plain(' '), run: (state) => { state.togglePlay(); } },
    { keys: 'Home', label: 'to the start', group: 'Play', matches: plain('Home'), run: (state) => { state.seek(0); } },
    { keys: '←', label: '1 s back', group: 'Play', matches: plain('ArrowLeft'), run: (state) => { state.seekBy(-1); } },
    { keys: '→', label: '1 s on', group: 'Play', matches: plain('ArrowRight'), run: (state) => { state.seekBy(1); } },
    { keys: '[', label: '5 s back; Shift: a beat', group: 'Play', matches: plain('[', '{'), isLetter: true, run: (state, { key, shiftKey }) => { if (shiftKey || key === '{') state.seekBeat(-1); else state.seekBy(-5); } },
    { keys: ']', label: '5 s on; Shift: a beat', group: 'Play', matches: plain(']', '}'), isLetter: true, run: (state, { key, shiftKey }) => { if (shiftKey || key === '}') state.seekBeat(1); else state.seekBy(5); } },
    { keys: 'L', label: 'loop on, off; Shift: loop what is marked', group: 'Play', matches: letter('l'), isLetter: true, run: (state, { shiftKey }) => { if (shiftKey) state.loopSelection(); else state.toggleLoop(); } },
    { keys: 'I', label: 'loop from here', group: 'Play', matches: letter('i'), isLetter: true, run: (state) => { loopEdge(state, true); } },
    { keys: 'O', label: 'loop to here', group: 'Play', matches: letter('o'), isLetter: true, run: (state) => { loopEdge(state, false); } },
    { keys: 'T', label: 'tap the tempo', group: 'Play', matches: letter('t'), isLetter: true, run: (state) => { state.tapTempo(); } },
    { keys: 'K', label: 'marker here', group: 'Play', matches: letter('k'), isLetter: true, run: (state) => { state.addMarker(); } },
    { keys: 'Z', label: 'zoom to the loop, and back', group: 'Play', matches: letter('z'), isLetter: true, run: (state) => { state.zoomToLoop(); } },
    { keys: 'R', label: 'redo the loop region', group: 'Play', matches: letter('r'), isLetter: true, run: (state) => { state.openRegion(); } },

    {
      keys: '1–9', label: 'choose a lane, 0: the residual', group: 'Lanes', on: 'studio', matches: (event) => !withCtrl(event) && !event.altKey && /^[0-9]$/.test(event.key), isLetter: true,
      run: (state, { key }) => {
        const names = state.song?.lanes.map(({ name }) => name) ?? [];
        const stems = names.filter((name) => name !== originalName && name !== residualName);
        const name = key === '0' ? names.find((each) => each === residualName) : stems[Number(key) - 1];
        if (name !== undefined) state.select(name);
      },
    },
    { keys: '↑', label: 'lane above', group: 'Lanes', on: 'studio', matches: plain('ArrowUp'), run: (state) => { selectBy(state, -1); } },
    { keys: '↓', label: 'lane below', group: 'Lanes', on: 'studio', matches: plain('ArrowDown'), run: (state) => { selectBy(state, 1); } },
    { keys: 'M', label: 'mute', group: 'Lanes', on: 'studio', matches: letter('m'), isLetter: true, run: (state) => { onLane(state, (name, strip) => { state.setStrip(name, { isMuted: !strip.isMuted }); }); } },
    { keys: 'S', label: 'solo, Shift: only this', group: 'Lanes', on: 'studio', matches: letter('s'), isLetter: true, run: (state, { shiftKey }) => { onLane(state, (name) => { state.toggleSolo(name, shiftKey); }); } },
    { keys: '− +', label: 'fader by 0.5 dB', group: 'Lanes', on: 'studio', matches: plain('-', '−', '+', '='), isLetter: true, run: (state, { key }) => { onLane(state, (name, { db }) => { state.setStrip(name, { db: stepFader(db, key === '-' || key === '−' ? -0.5 : 0.5) }); }); } },
    { keys: ', .', label: 'pan left, right', group: 'Lanes', on: 'studio', matches: plain(',', '.'), isLetter: true, run: (state, { key }) => { onLane(state, (name, { pan }) => { state.setStrip(name, { pan: toPan(pan + (key === ',' ? -panStep : panStep)) }); }); } },
    { keys: 'C', label: 'clear the meters’ overs', group: 'Lanes', on: 'studio', matches: letter('c'), isLetter: true, run: (state) => { state.clearOvers(); } },
    { keys: 'Ctrl +', label: 'zoom in', group: 'Lanes', on: 'studio', matches: ctrl('+', '='), run: (state) => { state.zoomStep(-1); } },
    { keys: 'Ctrl −', label: 'zoom out', group: 'Lanes', on: 'studio', matches: ctrl('-'), run: (state) => { state.zoomStep(1); } },
    { keys: 'Ctrl 0', label: 'whole song', group: 'Lanes', on: 'studio', matches: ctrl('0'), run: (state) => { state.fit(); } },

    { keys: '↑ ↓', label: 'audition responses', group: 'Live', on: 'live', matches: plain('ArrowUp', 'ArrowDown'), run: (state, { key }) => { auditionBy(state, key === 'ArrowUp' ? -1 : 1); } },
    { keys: 'F', label: 'favourite', group: 'Live', on: 'live', matches: letter('f'), isLetter: true, run: toggleFavourite },
    { keys: 'B', label: 'bypass the effect', group: 'Live', on: 'live', matches: letter('b'), isLetter: true, run: (state) => { state.toggleBypass(state.slot); } },
    { keys: 'Alt ← →', label: 'move the effect', group: 'Live', on: 'live', matches: ({ altKey, key }) => altKey && (key === 'ArrowLeft' || key === 'ArrowRight'), run: (state, { key }) => { state.moveEffect(state.slot, key === 'ArrowLeft' ? -1 : 1); } },
    { keys: 'M', label: 'mute the input', group: 'Live', on: 'live', matches: letter('m'), isLetter: true, run: (state) => { if ((state.monitor?.inputs ?? 0) > 0) state.toggleInput(); } },

    { keys: 'Ctrl Z', label: 'undo, Shift: do again', group: 'Studio', matches: ctrl('z'), run: (state, { shiftKey }) => { void (shiftKey ? state.reapply() : state.undo()); } },
    { keys: 'Esc', label: 'close what is open, then stop the job', group: 'Studio', matches: plain('Escape'), run: leave },
    { keys: 'Ctrl O', label: 'add files', group: 'Studio', matches: ctrl('o'), run: choose },
    { keys: 'Ctrl E', label: 'export', group: 'Studio', matches: ctrl('e'), run: (state) => { if (state.finished !== null) state.setDialog('export'); } },
    { keys: 'Ctrl ,', label: 'settings', group: 'Studio', matches: ctrl(','), run: (state) => { state.setDialog('settings'); } },
    { keys: 'Ctrl 1–4', label: 'studio, live, benchmark, models', group: 'Studio', matches: ctrl(...Object.keys(pageKeys)), run: (state, { key }) => { state.showPage(pageKeys[key] ?? 'studio'); } },
    { keys: 'Ctrl Enter', label: 'run the chosen benchmarks', group: 'Studio', matches: ctrl('enter'), run: (state) => { if (state.page === 'benchmark') state.runChosen(); } },
    { keys: 'Ctrl S', label: 'save a run of benchmarks', group: 'Studio', matches: ctrl('s'), run: (state) => { if (state.page === 'benchmark' && (state.benchmarks?.results.length ?? 0) > 0) state.setDialog('saveBenchmarks'); } },
    { keys: 'Ctrl F', label: 'search songs', group: 'Studio', matches: ctrl('f'), run: (state) => { state.setSearching(true); } },
    { keys: 'Ctrl B', label: 'fold the queue', group: 'Studio', matches: ctrl('b'), run: (state) => { state.toggleRail(); } },
    { keys: 'Ctrl I', label: 'fold the settings', group: 'Studio', matches: ctrl('i'), run: (state) => { state.toggleInspector(); } },
    { keys: '?', label: 'all keys', group: 'Studio', matches: plain('?'), isLetter: true, run: (state) => { state.setDialog('help'); } },
  ];
}

const typing = 'input:not([type="radio"], [type="checkbox"], [type="range"]), textarea, select, [contenteditable="true"]';
const ownKeys: Readonly<Record<string, string>> = {
  ' ': 'button, a, input, [role="row"], [role="option"], [role="switch"]',
  arrow: '[role="slider"], input, [role="row"], [role="grid"], [role="option"], [role="listbox"], [aria-haspopup]',
};

/** Whether what has the focus needs this key for itself. */
export function isTaken(event: KeyboardEvent): boolean {
  if (!(event.target instanceof Element)) return false;
  if (event.target.closest(typing) !== null || document.querySelector('[role="dialog"], [role="listbox"]') !== null) return true;
  const own = ownKeys[event.key.startsWith('Arrow') || event.key === 'Home' ? 'arrow' : event.key];
  return own !== undefined && event.target.closest(own) !== null;
}
