import { stemLabel } from '../units/stems.ts';
import type { Parts, ShellSlice } from './state.ts';

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
