import { useEffect } from 'react';
import { useStudioStore } from '../studio-context.ts';

/** Tells the store when three columns no longer fit, as on small windows and at 200 % zoom. Escape folds what lies over the centre. */
export function useNarrow(): void {
  const store = useStudioStore();
  useEffect(() => {
    const stop = new AbortController();
    const narrow = matchMedia('(max-width: 1099px)');
    const tell = (): void => {
      store.getState().setNarrow(narrow.matches);
    };
    narrow.addEventListener('change', tell, { signal: stop.signal });
    addEventListener('keydown', (event) => {
      const { isNarrow, isRailOpen, isInspectorOpen, toggleRail, toggleInspector } = store.getState();
      if (event.key !== 'Escape' || event.defaultPrevented || !isNarrow || document.querySelector('[role="dialog"], [role="alertdialog"], [role="listbox"], [role="menu"]') !== null) return;
      if (isRailOpen) toggleRail();
      else if (isInspectorOpen) toggleInspector();
    }, { signal: stop.signal });
    tell();
    return () => {
      stop.abort();
    };
  }, [store]);
}
