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

export const StoredPreset = Preset.extend({ options: StoredQueueOptions });

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

/** Named things in the order of their names: presets. */
export class NamedStore<T extends { name: string }> {
  readonly #file: JsonFile<T[]>;
  #list: T[];

  private constructor(file: JsonFile<T[]>, list: T[]) {
    this.#file = file;
    this.#list = list;
  }

  static async open<T extends { name: string }>(path: string, schema: z.ZodType<T>): Promise<NamedStore<T>> {
    const file = new JsonFile(path, z.array(schema));
    return new NamedStore(file, (await file.load()) ?? []);
  }

  list(): T[] {
    return this.#list;
  }

  /** @throws StemwrightError 'usage' when there is none of that name */
  get(name: string): T {
    const found = this.#list.find((one) => one.name === name);
    if (found === undefined) {
      throw new StemwrightError('usage', `there is no preset "${name}"`, 'The list may have changed: look again.');
    }
    return found;
  }

  /** Replaces the one of that name, if there is one. */
  async save(one: T): Promise<void> {
    const others = this.#list.filter(({ name }) => name !== one.name);
    if (others.length >= maxPresets) {
      throw new StemwrightError('usage', `there are ${maxPresets} presets already`, 'Remove one first.');
    }
    await this.#keep([...others, one].sort((a, b) => a.name.localeCompare(b.name)));
  }

  async remove(name: string): Promise<void> {
    const gone = this.get(name);
    await this.#keep(this.#list.filter((one) => one !== gone));
  }

  async #keep(list: T[]): Promise<void> {
    await this.#file.save(list);
    this.#list = list;
  }
}
