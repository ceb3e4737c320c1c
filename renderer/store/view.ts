import { toFault } from '../client/contract.ts';
import { explain } from './faults.ts';
import type { Notice, Parts, ViewSlice } from './state.ts';

const mostNotices = 3;

export function createViewSlice({ set, get }: Parts): ViewSlice {
  let nextNotice = 0;
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
    closeDrawers: () => {
      set({ isRailOpen: false, isInspectorOpen: false });
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
  };
}
