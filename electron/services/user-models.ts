import { join } from 'node:path';
import { userFolders, type Folders } from './folders.ts';
import { ModelStore } from './model-store.ts';
import { SettingsStore } from './settings.ts';

export function settingsPath({ config }: Folders): string {
  return join(config, 'settings.json');
}

/** The user's models, in the folder that the studio's settings name. */
export function userModels(folders: Folders = userFolders()): ModelStore {
  return new ModelStore(folders.data, async () => (await SettingsStore.open(settingsPath(folders))).get().modelsFolder);
}
