import { type AppInfo, defaultSettings, type QueueOptions, type Settings } from '../client/contract.ts';
import type { Parts } from './state.ts';

export interface SettingsSlice {
  /** Null until the studio has answered. */
  info: AppInfo | null;
  settings: Settings;
  setSettings: (change: Partial<Settings>) => void;
  /** How the next songs are separated. */
  setOptions: (change: Partial<QueueOptions>) => void;
  loadSettings: () => Promise<void>;
}

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
    loadSettings: async () => {
      const [info, settings] = await Promise.all([client.request('app.info', null), client.request('settings.get', null)]);
      set({ info, settings });
    },
  };
}
