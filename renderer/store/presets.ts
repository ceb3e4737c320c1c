import type { Preset, Settings } from '../client/contract.ts';
import type { Parts, PresetsSlice } from './state.ts';

/** Whether the settings are those of the preset. */
export function samePreset({ options, format, folder }: Preset, { lastOptions, exportFormat, exportFolder }: Settings): boolean {
  const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  const keys = Object.keys(options) as (keyof Preset['options'])[];
  return format === exportFormat && folder === exportFolder && keys.every((key) => isSame(options[key], lastOptions[key]));
}

export function createPresetsSlice({ client, set, get }: Parts): PresetsSlice {
  client.on('presets', (presets) => {
    set({ presets });
  });
  return {
    presets: [],
    loadPresets: async () => {
      set({ presets: await client.request('presets.list', null) });
    },
    savePreset: (name) =>
      get().attempt(async () => {
        const { lastOptions, exportFormat, exportFolder } = get().settings;
        await client.request('presets.save', { name, options: lastOptions, format: exportFormat, folder: exportFolder });
      }),
    choosePreset: (name) => {
      const preset = get().presets.find((each) => each.name === name);
      if (preset !== undefined) get().setSettings({ lastOptions: preset.options, exportFormat: preset.format, exportFolder: preset.folder });
    },
    removePreset: (name) => {
      const preset = get().presets.find((each) => each.name === name);
      void get().attempt(async () => {
        await client.request('presets.remove', { name });
        const undo = (): void => {
          if (preset !== undefined) void get().attempt(() => client.request('presets.save', preset));
        };
        get().notify('ok', `Preset ${name} removed.`, '', { label: 'Undo', run: undo });
      });
    },
  };
}
