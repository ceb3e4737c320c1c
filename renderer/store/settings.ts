import { defaultSettings, type Settings } from '../client/contract.ts';
import type { Parts, SettingsSlice } from './state.ts';

export function createSettingsSlice({ client, set, get }: Parts): SettingsSlice {
  const setSettings = (change: Partial<Settings>): void => {
    const before = get().settings;
    // Shown at once; put back when refused.
    set({ settings: { ...before, ...change } });
    void get().attempt(async () => {
      try {
        await client.request('settings.set', change);
      } catch (error) {
        set({ settings: before });
        throw error;
      }
    });
  };
  client.on('settings', (settings) => {
    set({ settings });
  });
  return {
    info: null,
    settings: defaultSettings,
    setSettings,
    setOptions: (change) => {
      setSettings({ lastOptions: { ...get().settings.lastOptions, ...change } });
    },
    chooseFolder: async (title) => {
      let chosen: string | null = null;
      await get().attempt(async () => {
        chosen = (await client.request('system.chooseFolder', { title })).path;
      });
      return chosen;
    },
    loadSettings: async () => {
      const [info, settings] = await Promise.all([client.request('app.info', null), client.request('settings.get', null)]);
      set({ info, settings });
    },
  };
}
