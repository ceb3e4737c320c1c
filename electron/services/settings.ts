import { z } from 'zod';
import { StemwrightError } from '../contract/errors.ts';
import { StoredQueueOptions } from '../contract/queue.ts';
import { defaultSettings, Preset, Settings } from '../contract/settings.ts';
import { JsonFile } from './json-file.ts';

const maxPresets = 200;

const storedFields = { ...Settings.shape, lastOptions: StoredQueueOptions };

/** The user's settings: each field that the file lacks, or holds something else in, has its default. */
const StoredSettings = z.record(z.string(), z.unknown()).transform((stored): Settings => {
  const kept = Object.entries(storedFields).flatMap(([name, field]) => {
    const parsed = (field as z.ZodType).safeParse(stored[name]);
    return parsed.success ? [[name, parsed.data]] : [];
  });
  return Settings.parse({ ...defaultSettings, ...Object.fromEntries(kept) });
});

const StoredPreset = Preset.extend({ options: StoredQueueOptions });

export class SettingsStore {
  readonly #file: JsonFile<Settings>;
  #settings: Settings;

  private constructor(file: JsonFile<Settings>, settings: Settings) {
    this.#file = file;
    this.#settings = settings;
  }

  static async open(path: string): Promise<SettingsStore> {
    const file = new JsonFile(path, StoredSettings);
    return new SettingsStore(file, (await file.load()) ?? defaultSettings);
  }

  get(): Settings {
    return this.#settings;
  }

  async set(change: { [K in keyof Settings]?: Settings[K] | undefined }): Promise<Settings> {
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    const changed = Settings.parse({ ...this.#settings, ...Object.fromEntries(given) });
    await this.#file.save(changed);
    this.#settings = changed;
    return changed;
  }
}

/** Presets in the order of their names. */
export class PresetStore {
  readonly #file: JsonFile<Preset[]>;
  #presets: Preset[];

  private constructor(file: JsonFile<Preset[]>, presets: Preset[]) {
    this.#file = file;
    this.#presets = presets;
  }

  static async open(path: string): Promise<PresetStore> {
    const file = new JsonFile(path, z.array(StoredPreset));
    return new PresetStore(file, (await file.load()) ?? []);
  }

  list(): Preset[] {
    return this.#presets;
  }

  /** Replaces the preset of that name, if there is one. */
  async save(preset: Preset): Promise<void> {
    const others = this.#presets.filter(({ name }) => name !== preset.name);
    if (others.length >= maxPresets) {
      throw new StemwrightError('usage', `there are ${maxPresets} presets already`, 'Remove one first.');
    }
    await this.#keep([...others, preset].sort((a, b) => a.name.localeCompare(b.name)));
  }

  async remove(name: string): Promise<void> {
    const others = this.#presets.filter((preset) => preset.name !== name);
    if (others.length === this.#presets.length) {
      throw new StemwrightError('usage', `there is no preset "${name}"`, 'The list may have changed: look again.');
    }
    await this.#keep(others);
  }

  async #keep(presets: Preset[]): Promise<void> {
    await this.#file.save(presets);
    this.#presets = presets;
  }
}
