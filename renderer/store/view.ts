import { toFault, type Fault } from '../client/contract.ts';
import type { Notice, Parts, ViewSlice, Window } from './state.ts';

/** Seconds. */
const narrowest = 0.05;
const mostNotices = 3;

/** The window inside a song of this length. */
export function held({ start, span }: Window, seconds: number): Window {
  const width = Math.min(Math.max(span, Math.min(narrowest, seconds)), seconds);
  return { start: Math.min(Math.max(0, start), seconds - width), span: width };
}

export function createViewSlice({ set, get }: Parts): ViewSlice {
  let nextNotice = 0;
  const seconds = (): number => get().song?.seconds ?? 0;
  const notify = (tone: Notice['tone'], text: string, hint = ''): void => {
    const notice = { id: nextNotice++, tone, text, hint };
    set(({ notices }) => ({ notices: [...notices, notice].slice(-mostNotices) }));
  };
  return {
    isConnected: false,
    isRailOpen: true,
    isInspectorOpen: true,
    dialog: null,
    notices: [],
    window: { start: 0, span: 0 },
    toggleRail: () => {
      set(({ isRailOpen }) => ({ isRailOpen: !isRailOpen }));
    },
    toggleInspector: () => {
      set(({ isInspectorOpen }) => ({ isInspectorOpen: !isInspectorOpen }));
    },
    setDialog: (dialog) => {
      set({ dialog });
    },
    notify,
    dismiss: (id) => {
      set(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
    },
    attempt: async (work) => {
      try {
        await work();
      } catch (error) {
        const fault: Fault = toFault(error);
        if (fault.code !== 'cancelled') notify('bad', fault.message, fault.hint);
      }
    },
    zoom: (factor, about) => {
      set(({ window: { start, span } }) => {
        const width = Math.min(seconds(), Math.max(narrowest, span * factor));
        return { window: held({ start: about - ((about - start) * width) / span, span: width }, seconds()) };
      });
    },
    scroll: (start) => {
      set(({ window: { span } }) => ({ window: held({ start, span }, seconds()) }));
    },
    fit: () => {
      set({ window: { start: 0, span: seconds() } });
    },
  };
}
