import { useEffect, useMemo } from 'react';
import { useChooser } from '../app/use-chooser.ts';
import { useStudioStore } from '../studio-context.ts';
import { runCommand } from './commands.ts';
import { isTaken, keyActions, type KeyAction } from './keys.ts';

export function useKeyActions(): readonly KeyAction[] {
  const { files } = useChooser();
  return useMemo(() => keyActions({ choose: files }), [files]);
}

/** Makes the keys work, and the application menu; no key does while typing or in a dialog. */
export function useKeys(): void {
  const store = useStudioStore();
  const actions = useKeyActions();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || isTaken(event)) return;
      const state = store.getState();
      const action = actions.find(({ matches, on }) => (on === undefined || on === state.page) && matches(event));
      if (action === undefined || (action.isLetter === true && !state.settings.letterShortcuts)) return;
      event.preventDefault();
      action.run(state, event);
    };
    addEventListener('keydown', onKeyDown);
    const stopListening = store.getState().onCommand((command) => {
      runCommand(command, actions, store.getState());
    });
    return () => {
      removeEventListener('keydown', onKeyDown);
      stopListening();
    };
  }, [store, actions]);
}
