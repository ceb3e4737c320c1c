import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { StudioState, StudioStore } from '../store/state.ts';

export const StudioContext = createContext<StudioStore | null>(null);

export function useStudioStore(): StudioStore {
  const store = useContext(StudioContext);
  if (store === null) throw new Error('a view outside of the studio');
  return store;
}

/** What a view needs of the state: drawn anew when one of its values changes. */
export function useStudio<T>(select: (state: StudioState) => T): T {
  return useStore(useStudioStore(), useShallow(select));
}
