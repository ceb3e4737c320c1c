import { useCallback } from 'react';
import { useStudioStore } from '../studio-context.ts';

/** Opens the system's file dialog; the responses that are chosen are imported, and the first is heard. */
export function useResponseChooser(): () => void {
  const store = useStudioStore();
  return useCallback(() => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    input.onchange = () => {
      store.getState().importResponses([...(input.files ?? [])]);
    };
    input.click();
  }, [store]);
}
