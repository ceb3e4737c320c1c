import { toFault } from '../client/contract.ts';
import { explain } from './faults.ts';
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
  const put = (notice: Omit<Notice, 'id'>): void => {
    const notices = [...get().notices, { id: nextNotice++, ...notice }];
    const gone = notices.slice(0, -mostNotices);
    set({ notices: notices.slice(-mostNotices) });
    for (const { action } of gone) action?.otherwise?.();
  };
  return {
    isConnected: false,
    page: 'studio',
    isNarrow: false,
    isRailOpen: true,
    isInspectorOpen: true,
    dialog: null,
    dialogSubject: null,
    notices: [],
    window: { start: 0, span: 0 },
    showPage: (page) => {
      set({ page });
    },
    setNarrow: (isNarrow) => {
      if (isNarrow !== get().isNarrow) set({ isNarrow, isRailOpen: !isNarrow, isInspectorOpen: !isNarrow });
    },
    toggleRail: () => {
      set(({ isRailOpen, isInspectorOpen, isNarrow }) => ({ isRailOpen: !isRailOpen, isInspectorOpen: isInspectorOpen && !isNarrow }));
    },
    toggleInspector: () => {
      set(({ isRailOpen, isInspectorOpen, isNarrow }) => ({ isInspectorOpen: !isInspectorOpen, isRailOpen: isRailOpen && !isNarrow }));
    },
    setDialog: (dialog, subject) => {
      set({ dialog, dialogSubject: subject ?? null });
    },
    notify: (tone, text, hint = '', action) => {
      put({ tone, text, hint, action: action ?? null, details: '' });
    },
    dismiss: (id, acts = false) => {
      const action = get().notices.find((notice) => notice.id === id)?.action;
      set(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
      if (acts) action?.run();
      else action?.otherwise?.();
    },
    attempt: async (work) => {
      try {
        await work();
      } catch (error) {
        const fault = toFault(error);
        if (fault.code !== 'cancelled') put({ tone: 'bad', ...explain(fault), action: null });
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
