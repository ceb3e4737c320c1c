import { useMemo } from 'react';
import { looksLikeSong } from '../../units/songs.ts';
import { useStudioStore } from '../studio-context.ts';

function ask(kind: 'files' | 'folder', take: (files: File[]) => void): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.webkitdirectory = kind === 'folder';
  input.onchange = () => {
    take([...(input.files ?? [])]);
  };
  input.click();
}

export interface Chooser {
  files: () => void;
  folder: () => void;
}

/** Opens the system's file dialog; the songs that are chosen are queued. */
export function useChooser(): Chooser {
  const store = useStudioStore();
  return useMemo(
    () => ({
      files: () => {
        ask('files', (files) => { store.getState().addFiles(files); });
      },
      folder: () => {
        ask('folder', (files) => {
          const songs = files.filter(({ name }) => looksLikeSong(name));
          const { addFiles, notify } = store.getState();
          if (songs.length > 0) addFiles(songs);
          else notify('warn', 'There are no songs in that folder.');
        });
      },
    }),
    [store],
  );
}
