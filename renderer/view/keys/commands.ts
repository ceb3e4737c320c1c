import type { StudioState } from '../../store/state.ts';
import type { MenuCommand } from '../../store/types.ts';
import type { KeyAction } from './keys.ts';

/** The key that does what an item of the application menu asks for: there is one list of what can be done. */
const keyOf: Readonly<Record<MenuCommand, KeyboardEventInit>> = {
  openFiles: { key: 'o', ctrlKey: true },
  export: { key: 'e', ctrlKey: true },
  undo: { key: 'z', ctrlKey: true },
  redo: { key: 'z', ctrlKey: true, shiftKey: true },
  play: { key: ' ' },
  toStart: { key: 'Home' },
  loop: { key: 'l' },
  zoomIn: { key: '+', ctrlKey: true },
  zoomOut: { key: '-', ctrlKey: true },
  zoomToSong: { key: '0', ctrlKey: true },
  toggleQueue: { key: 'b', ctrlKey: true },
  toggleInspector: { key: 'i', ctrlKey: true },
  settings: { key: ',', ctrlKey: true },
  shortcuts: { key: '?' },
};

/** Where one types, the song's own history stays as it is. */
const editable = 'input:not([type="radio"], [type="checkbox"], [type="range"]), textarea, [contenteditable="true"]';

export function runCommand(command: MenuCommand, actions: readonly KeyAction[], state: StudioState): void {
  const isTyping = document.activeElement?.matches(editable) === true;
  if (((command === 'undo' || command === 'redo') && isTyping) || document.querySelector('[role="dialog"]') !== null) return;
  const event = new KeyboardEvent('keydown', keyOf[command]);
  actions.find(({ matches }) => matches(event))?.run(state, event);
}
