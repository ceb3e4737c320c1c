import { useEffect } from 'react';
import { useStudioStore } from '../studio-context.ts';

/** Tells the store when three columns no longer fit, as in small windows and at 200 % zoom. */
export function useNarrow(): void {
  const store = useStudioStore();
  useEffect(() => {
    const narrow = matchMedia('(max-width: 1099px)');
    const tell = (): void => {
      store.getState().setNarrow(narrow.matches);
    };
    narrow.addEventListener('change', tell);
    tell();
    return () => {
      narrow.removeEventListener('change', tell);
    };
  }, [store]);
}
