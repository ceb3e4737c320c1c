import { useCallback } from 'react';
import { useStudioStore } from '../studio-context.ts';

/** Opens the system's file dialog; what is chosen is queued. */
export function useChooser(): () => void {
  const store = useStudioStore();
  return useCallback(() => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    input.onchange = () => {
      store.getState().addFiles([...(input.files ?? [])]);
    };
    input.click();
  }, [store]);
}
