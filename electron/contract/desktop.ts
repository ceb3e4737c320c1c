/** What the desktop shell's preload puts into the page as `window.studio`. Everything that passes is copied. */
import { z } from 'zod';
import { ClientMessage, type Answer } from './channels.ts';

/** What the application menu asks of the page. */
export const MenuCommand = z.enum([
  ...(['openFiles', 'export', 'undo', 'redo'] as const),
  ...(['play', 'toStart', 'loop'] as const),
  ...(['zoomIn', 'zoomOut', 'zoomToSong', 'toggleQueue', 'toggleInspector'] as const),
  ...(['settings', 'shortcuts'] as const),
]);
export type MenuCommand = z.infer<typeof MenuCommand>;

/**
 * What the preload script sends for a request, as JSON text of at most `maxMessageBytes`: Electron would carry maps, dates
 * and cycles as well, which no other transport does.
 */
export const BridgeRequest = ClientMessage.omit({ id: true });
export type BridgeRequest = z.infer<typeof BridgeRequest>;

/** `F`: the page's `File`, which Node's types do not have. */
export interface StudioBridge<F> {
  /** The answer still has to be parsed, as has what listeners are told. */
  request(channel: string, args: unknown): Promise<Answer<unknown>>;
  /** @returns what stops the listening */
  onEvent(listener: (event: string, data: unknown) => void): () => void;
  /** @returns what stops the listening */
  onCommand(listener: (command: unknown) => void): () => void;
  /** Empty for a file that lies on no disk. */
  pathOf(file: F): string;
  /** Lets the system's drag take over, with the stem as a file. */
  startDrag(project: string, stem: string): void;
  /**
   * What a silent monitor has played since the last call, to be parsed as `OutputSound`.
   * @param pace as in `PaceMessage`; null drops what lies ready and lets the monitor keep its own time
   */
  takeOutput(pace: number | null): Promise<unknown>;
}
