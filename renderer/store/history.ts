import type { HistorySlice, Mix } from './arrangement.ts';
import { mixOf } from './mix.ts';
import type { Parts } from './state.ts';

/** Edits of one thing, no longer apart than this, are one step. */
const oneStepMs = 800;
const mostSteps = 200;

/** What a step brings back: how the mix was, or the samples of a region of the project. */
type Step = { kind: 'mix'; mix: Mix } | { kind: 'region' };

/** One history for the mix and for regions that were redone, in the order in which they happened. */
export function createHistorySlice({ client, set, get }: Parts): HistorySlice {
  const past: Step[] = [];
  const future: Step[] = [];
  let last = { key: '', at: 0 };
  let isBusy = false;

  const tell = (): void => {
    const edits = get().finished?.edits;
    // What was redone before the project was opened lies below everything that was done since.
    set({
      canUndo: past.length > 0 || edits?.canUndo === true,
      canReapply: future.length > 0 || (past.length === 0 && edits?.canReapply === true),
    });
  };
  const now = (): Step => ({ kind: 'mix', mix: mixOf(get()) });
  /** The server keeps the replaced samples, and gives them back last in, first out. */
  const takeRegion = async (channel: 'projects.undo' | 'projects.reapply'): Promise<void> => {
    const { finished } = get();
    if (finished !== null) get().refresh(await client.request(channel, { id: finished.id }));
  };
  const move = async (from: Step[], to: Step[], channel: 'projects.undo' | 'projects.reapply'): Promise<void> => {
    const { edits } = get().finished ?? {};
    const isAllowed = channel === 'projects.undo' ? edits?.canUndo === true : edits?.canReapply === true;
    const step = from.at(-1) ?? (isAllowed ? ({ kind: 'region' } as const) : undefined);
    if (step === undefined || isBusy) return;
    last = { key: '', at: 0 };
    if (step.kind === 'mix') {
      to.push(now());
      from.pop();
      get().putMix(step.mix, get().selected);
      get().saveMix();
      tell();
      return;
    }
    isBusy = true;
    await get().attempt(async () => {
      await takeRegion(channel);
      from.pop();
      to.push(step);
    });
    isBusy = false;
    tell();
  };
  return {
    canUndo: false,
    canReapply: false,
    edit: (key, change) => {
      const at = Date.now();
      const isSameStep = key === last.key && at - last.at < oneStepMs && past.length > 0;
      if (!isSameStep) past.push(now());
      if (past.length > mostSteps) past.shift();
      future.length = 0;
      last = { key, at };
      change();
      get().saveMix();
      tell();
    },
    noteRegion: () => {
      past.push({ kind: 'region' });
      future.length = 0;
      last = { key: '', at: 0 };
      tell();
    },
    forgetHistory: () => {
      past.length = 0;
      future.length = 0;
      last = { key: '', at: 0 };
      tell();
    },
    undo: () => move(past, future, 'projects.undo'),
    reapply: () => move(future, past, 'projects.reapply'),
  };
}
