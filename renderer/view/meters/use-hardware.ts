import { useEffect } from 'react';
import { useStudioStore } from '../studio-context.ts';

/** How often the machine is asked. */
const lookMs = 1000;

/** Keeps the figures fresh that no event tells, while a view shows them. */
export function useHardware(): void {
  const store = useStudioStore();
  useEffect(() => {
    const look = (): void => {
      // Without a connection the last figures stay; the status line tells.
      store.getState().lookAtHardware().catch(() => undefined);
    };
    look();
    const timer = setInterval(look, lookMs);
    return () => {
      clearInterval(timer);
    };
  }, [store]);
}
