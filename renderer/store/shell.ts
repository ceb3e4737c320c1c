import type { MenuCommand } from '../client/contract.ts';
import { stemLabel } from '../units/stems.ts';
import type { Parts } from './state.ts';

/** What depends on the shell that the page runs in. */
export interface ShellSlice {
  /** Whether what is dropped is known by its path, folders among it. */
  seesPaths: boolean;
  /** Of the application menu; silent where there is none. @returns what stops the listening */
  onCommand: (listener: (command: MenuCommand) => void) => () => void;
  /**
   * Lets a stem of the song that is shown be dragged to another program, as a file.
   * @param isHeld whether the pointer is still down: making the file may take longer than that
   */
  dragStem: (stem: string, isHeld: () => boolean) => void;
}

export function createShellSlice({ client, get }: Parts): ShellSlice {
  return {
    seesPaths: client.seesPaths,
    onCommand: (listener) => client.onCommand?.(listener) ?? (() => undefined),
    dragStem: (stem, isHeld) => {
      const id = get().finished?.id;
      if (id === undefined) return;
      void get().attempt(async () => {
        await client.request('projects.stemFile', { id, stem });
        if (isHeld()) client.startDrag?.(id, stem);
        else get().notify('ok', `${stemLabel(stem)} is ready as a file: drag it once more.`);
      });
    },
  };
}
