import { useEffect, useState } from 'react';
import { looksLikeModel, looksLikeSong } from '../../units/songs.ts';
import { useStudioStore } from '../studio-context.ts';

function entries(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => {
    reader.readEntries(resolve, reject);
  });
}

// Chromium has the interfaces, but not under these names.
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

/** The files below an entry, folders and all. */
async function filesIn(entry: FileSystemEntry): Promise<File[]> {
  if (isFile(entry)) {
    return [await new Promise<File>((resolve, reject) => { entry.file(resolve, reject); })];
  }
  if (!isFolder(entry) || entry.name.startsWith('.')) return [];
  const reader = entry.createReader();
  const found: File[] = [];
  // A reader gives a hundred entries at a time.
  for (let some = await entries(reader); some.length > 0; some = await entries(reader)) {
    for (const each of some) found.push(...(await filesIn(each)));
  }
  return found;
}

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;

/** Files and folders dropped anywhere on the page are queued. @returns whether some hover over it now */
export function useDrop(): boolean {
  const store = useStudioStore();
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const take = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    // Where what is under the pointer has just been replaced, only the entry is told, and a drop that follows counts by it.
    addEventListener('dragenter', take, { signal });
    addEventListener('dragover', take, { signal });
    addEventListener('dragleave', (event) => {
      if (event.relatedTarget === null) setOver(false);
    }, { signal });
    addEventListener('drop', (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(false);
      const { attempt, addFiles: addSongs, importModelFiles, importResponses, showPage, notify, seesPaths, page } = store.getState();
      // What is dropped over the responses is one of them.
      const addFiles = page === 'live' ? importResponses : addSongs;
      if (seesPaths) {
        // Folders are among them, by their paths.
        const given = [...(event.dataTransfer?.files ?? [])];
        const models = given.filter(({ name }) => looksLikeModel(name));
        if (models.length > 0) showPage('models');
        importModelFiles(models);
        addFiles(given.filter((file) => !models.includes(file)));
        return;
      }
      // Entries are gone once the event is over: take them all first.
      const dropped = [...(event.dataTransfer?.items ?? [])].flatMap((item) => item.webkitGetAsEntry() ?? []);
      void attempt(async () => {
        for (const entry of dropped) {
          const found = await filesIn(entry);
          const models = found.filter(({ name }) => looksLikeModel(name));
          const songs = entry.isDirectory ? found.filter(({ name }) => looksLikeSong(name)) : found.filter(({ name }) => !looksLikeModel(name));
          if (models.length > 0) showPage('models');
          importModelFiles(models);
          addFiles(songs);
          if (models.length + songs.length === 0) notify('warn', `${entry.name} holds no songs.`);
        }
      });
    }, { signal });
    return () => {
      stop.abort();
    };
  }, [store]);
  return isOver;
}
