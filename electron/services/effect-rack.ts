import { chainSlots, reverbModes, type Effect, type EffectPlace, type EffectStrip, type ModeLoad, type PlacedEffect, type ReverbEffect, type ReverbFacts, type Send } from '../contract/effects.ts';
import { StemwrightError, toFault } from '../contract/errors.ts';
import { fromNative } from '../engine/errors.ts';
import type { NativeEffect, NativeEffectFacts, NativeMonitor, NativeTailGpu } from '../engine/native-sound.ts';
import { toDb } from './levels.ts';
import { effectsFile, trackKey, type ProjectEffects, type StoredEffect } from './project-effects.ts';
import type { TrackRef } from './project-folder.ts';
import type { ResponseStore } from './response-library.ts';

type Track = string;

interface Slot {
  effect: Effect;
  /** Null while it is bypassed, faulty, or its track is not loaded. */
  facts: NativeEffectFacts | null;
  reverb: ReverbFacts | null;
  fault: string | null;
  /** Of a response that is missing, to know it by. */
  file?: StoredEffect['file'];
}

/** Where live tails go that are the GPU's; else why they stay on the CPU. */
export type TailDevice = () => Promise<NativeTailGpu | string>;

/** Where the effects are kept; null: a song that has no folder yet. */
interface Home {
  project: string;
  folder: string | null;
}

const saveAfterMs = 400;

/**
 * The effects of a monitor, by what they belong to rather than by where it lies now: a project's tracks, its send bus and its
 * master, which are kept in its folder, and the live input.
 */
export class EffectRack {
  readonly #responses: ResponseStore;
  readonly #tailDevice: TailDevice;
  readonly #onUnsaved: (message: string) => void;
  readonly #chains = new Map<Track, (Slot | null)[]>();
  readonly #sends = new Map<Track, number>();
  #tracks: Track[] = [];
  #home: Home | null = null;
  #timer: NodeJS.Timeout | null = null;
  #saving: Promise<void> | null = null;

  /** @param onUnsaved what was changed could not be written down, and why */
  constructor(responses: ResponseStore, tailDevice: TailDevice, onUnsaved: (message: string) => void) {
    this.#responses = responses;
    this.#tailDevice = tailDevice;
    this.#onUnsaved = onUnsaved;
  }

  /** Of what is loaded. */
  placed(): PlacedEffect[] {
    return this.#strips().flatMap((strip) =>
      this.#chain(strip).flatMap((slot, index) => (slot === null ? [] : [described({ strip, slot: index }, slot)])),
    );
  }

  sends(): Send[] {
    const strips: Send['strip'][] = ['input', ...this.#tracks.keys()];
    return strips.flatMap((strip) => {
      const gain = this.#sends.get(this.#key(strip)) ?? 0;
      return gain === 0 ? [] : [{ strip, gain }];
    });
  }

  /** Effects of a strip by their slots. */
  effectsOf(strip: EffectStrip): (Effect | null)[] {
    return this.#chain(strip).map((slot) => slot?.effect ?? null);
  }

  /** What was there stays when it fails. */
  async set(native: NativeMonitor, place: EffectPlace, effect: Effect | null): Promise<PlacedEffect | null> {
    const chain = this.#chain(place.strip);
    const made = effect === null ? null : await this.#put(native, place, effect);
    if (made === null) {
      native.removeEffect(place);
    }
    chain[place.slot] = made;
    this.#changed(place.strip);
    return made === null ? null : described(place, made);
  }

  async move(native: NativeMonitor, { strip, slot }: EffectPlace, to: number): Promise<void> {
    const before = this.effectsOf(strip);
    const [moved = null] = before.splice(slot, 1);
    before.splice(to, 0, moved);
    await this.setChain(native, strip, before);
  }

  /** Slots that stay as they are are not touched; an effect that cannot be had is there all the same, and says why. */
  async setChain(native: NativeMonitor, strip: EffectStrip, effects: readonly (Effect | null)[]): Promise<void> {
    const before = this.effectsOf(strip);
    for (let slot = 0; slot < chainSlots; slot++) {
      const effect = effects[slot] ?? null;
      if (JSON.stringify(effect) !== JSON.stringify(before[slot] ?? null)) {
        await this.set(native, { strip, slot }, effect).catch((error: unknown) => {
          native.removeEffect({ strip, slot });
          this.#chain(strip)[slot] = effect === null ? null : faulty(effect, error);
        });
      }
    }
    this.#changed(strip);
  }

  /** What is there. */
  at(place: EffectPlace): PlacedEffect | null {
    const slot = this.#chain(place.strip)[place.slot] ?? null;
    return slot === null ? null : described(place, slot);
  }

  setSend(native: NativeMonitor, { strip, gain }: Send): void {
    if (strip !== 'input' && this.#tracks[strip] === undefined) {
      throw noTrack(strip);
    }
    native.setSend(strip, gain);
    this.#sends.set(this.#key(strip), gain);
    this.#changed(strip);
  }

  /**
   * Before a song is loaded. A project that has no effects of its own takes over those of send bus and master, unless they
   * are another project's.
   * @return what its tracks are to be loaded with, and what is to be called once it is there
   */
  async load(native: NativeMonitor, home: Home, tracks: readonly TrackRef[]): Promise<{ effects: { place: EffectPlace; effect: NativeEffect }[]; loaded: () => Promise<void> }> {
    await this.flush();
    const isOther = this.#home?.project !== home.project;
    const stored = isOther && home.folder !== null ? await effectsFile(home.folder).load() : null;
    const chains = isOther && (this.#home !== null || stored !== null) ? await this.#chainsOf(stored) : this.#chains;
    const keys = tracks.map(trackKey);
    const effects: { place: EffectPlace; effect: NativeEffect }[] = [];
    for (const [strip, key] of keys.entries()) {
      for (const [slot, one] of (chains.get(key) ?? []).entries()) {
        if (one !== null && one.fault === null && !one.effect.isBypassed) {
          const placed = await this.#placed(native, one.effect).catch((error: unknown) => fail(one, error));
          effects.push(...(placed === null ? [] : [{ place: { strip, slot }, effect: placed.spec }]));
        }
      }
    }
    return {
      effects,
      loaded: async () => {
        const isNew = this.#home?.folder !== home.folder;
        [this.#tracks, this.#home] = [keys, home];
        if (chains !== this.#chains) {
          await this.#exchange(native, chains, stored?.sends ?? {});
        } else if (isNew) {
          this.#changed('master');
        }
        await this.#putTracks(native);
      },
    };
  }

  /** The song that had no folder has one. */
  settle(home: Home): void {
    if (this.#home?.project === home.project) {
      this.#home = home;
      this.#changed('master');
    }
  }

  /**
   * The project is no longer loaded.
   * @return what is to be said where its effects could not be kept; null: they are
   */
  async unload(): Promise<string | null> {
    const unsaved = await this.flush().then(() => null, unsavedNotice);
    this.#tracks = [];
    this.#home = this.#home === null ? null : { ...this.#home, folder: null };
    return unsaved;
  }

  /** Everything once more, into another device; what cannot be had there says so. */
  async putAll(native: NativeMonitor): Promise<void> {
    for (const strip of ['input', 'send', 'master'] as const) {
      await this.#putChain(native, strip);
    }
    await this.#putTracks(native);
  }

  /** One after the other, so that they do not measure each other. */
  async measureModes(native: NativeMonitor, effect: ReverbEffect): Promise<ModeLoad[]> {
    const loads: ModeLoad[] = [];
    for (const mode of reverbModes) {
      const { load, worstLoad, latencyFrames } = await native.measureEffect(await this.#native(native, { ...effect, mode, backend: 'cpu' }));
      loads.push({ mode, load, worstLoad, latencySeconds: latencyFrames / native.info.rate });
    }
    return loads;
  }

  /** Puts those in whose responses were missing and are there now. @return whether any was */
  async findMissing(native: NativeMonitor): Promise<boolean> {
    let isAny = false;
    for (const strip of this.#strips()) {
      const chain = this.#chain(strip);
      for (const [slot, one] of chain.entries()) {
        const found = one?.file === undefined ? null : await this.#found({ effect: one.effect, file: one.file });
        if (found?.fault === null) {
          chain[slot] = await this.#put(native, { strip, slot }, found.effect).catch((error: unknown) => faulty(found.effect, error));
          isAny = true;
          this.#changed(strip);
        }
      }
    }
    return isAny;
  }

  /** Puts those in once more whose GPU went away; without one they stay as they are. @return whether any was */
  async retryGpu(native: NativeMonitor, places: readonly EffectPlace[]): Promise<boolean> {
    if (typeof (await this.#tailDevice()) === 'string') {
      return false;
    }
    for (const place of places) {
      const chain = this.#chain(place.strip);
      const slot = chain[place.slot] ?? null;
      if (slot !== null) {
        chain[place.slot] = await this.#put(native, place, slot.effect);
      }
    }
    return places.length > 0;
  }

  /** What was changed is written down, also where that has begun already. */
  async flush(): Promise<void> {
    if (this.#timer === null) {
      await this.#saving;
    } else {
      clearTimeout(this.#timer);
      await this.#save();
    }
  }

  /** Another project's chains and sends, but for the live input's. */
  async #exchange(native: NativeMonitor, chains: ReadonlyMap<Track, (Slot | null)[]>, sends: Readonly<Record<Track, number>>): Promise<void> {
    [...this.#chains.keys()].filter((key) => key !== 'input').forEach((key) => this.#chains.delete(key));
    chains.forEach((chain, key) => this.#chains.set(key, chain));
    [...this.#sends.keys()].filter((key) => key !== 'input').forEach((key) => this.#sends.delete(key));
    Object.entries(sends).forEach(([key, gain]) => this.#sends.set(key, gain));
    for (const strip of ['send', 'master'] as const) {
      for (let slot = 0; slot < chainSlots; slot++) {
        native.removeEffect({ strip, slot });
      }
      await this.#putChain(native, strip);
    }
  }

  async #chainsOf(stored: ProjectEffects | null): Promise<Map<Track, (Slot | null)[]>> {
    const chains = new Map<Track, (Slot | null)[]>();
    for (const [key, chain] of Object.entries(stored?.chains ?? {})) {
      const slots = await Promise.all(chain.map(async (one) => (one === null ? null : this.#found(one))));
      chains.set(key, Array.from({ length: chainSlots }, (_, slot) => slots[slot] ?? null));
    }
    return chains;
  }

  async #putTracks(native: NativeMonitor): Promise<void> {
    for (const strip of this.#tracks.keys()) {
      await this.#putChain(native, strip);
    }
    this.sends().forEach(({ strip, gain }) => {
      native.setSend(strip, gain);
    });
  }

  async #putChain(native: NativeMonitor, strip: EffectStrip): Promise<void> {
    const chain = this.#chain(strip);
    for (const [slot, one] of chain.entries()) {
      if (one !== null && one.fault === null) {
        chain[slot] = await this.#put(native, { strip, slot }, one.effect).catch((error: unknown): Slot => {
          fail(one, error);
          return one;
        });
      }
    }
  }

  async #put(native: NativeMonitor, place: EffectPlace, effect: Effect): Promise<Slot> {
    if (effect.isBypassed) {
      native.removeEffect(place);
      return { effect, facts: null, reverb: null, fault: null };
    }
    const { spec, gpuFault } = await this.#placed(native, effect);
    const made = await native.setEffect(place, spec).catch((error: unknown) => {
      throw withAdvice(fromNative(error), effect);
    });
    const facts = gpuFault === '' ? made : { ...made, gpu: { ...made.gpu, fault: gpuFault } };
    return { effect, facts, reverb: effect.kind === 'reverb' ? await this.#reverbFacts(native, effect, facts) : null, fault: null };
  }

  async #reverbFacts({ info }: NativeMonitor, { response, dryDb }: ReverbEffect, facts: NativeEffectFacts): Promise<ReverbFacts> {
    const { channels } = await this.#responses.track(response, info.rate);
    const { blockSize, readSeconds, prepareSeconds, warmUpSeconds, load } = facts;
    return {
      name: await this.#responses.nameOf(response),
      channels,
      seconds: facts.responseFrames / info.rate,
      responseGainDb: toDb(facts.responseGain) ?? 0,
      dryDb: dryDb === null ? null : toDb(facts.dry),
      ...{ blockSize, readSeconds, prepareSeconds, warmUpSeconds, load },
      gpu: gpuFacts(facts, info.rate),
    };
  }

  /** With the device of its tail, or why it has none though one was asked for. */
  async #placed(native: NativeMonitor, effect: Effect): Promise<{ spec: NativeEffect; gpuFault: string }> {
    const spec = await this.#native(native, effect);
    if (spec.kind !== 'reverb' || effect.kind !== 'reverb' || effect.backend === 'cpu') {
      return { spec, gpuFault: '' };
    }
    const gpu = await this.#tailDevice();
    return typeof gpu === 'string' ? { spec, gpuFault: gpu } : { spec: { ...spec, gpu }, gpuFault: '' };
  }

  #native({ info }: NativeMonitor, effect: Effect): Promise<NativeEffect> {
    return nativeEffect(this.#responses, effect, info.rate);
  }

  /** A stored effect, with its response where it is now. */
  async #found({ effect, file }: StoredEffect): Promise<Slot> {
    if (effect.kind !== 'reverb') {
      return { effect, facts: null, reverb: null, fault: null };
    }
    const response = await this.#responses.locate(effect.response, file);
    if (response !== null) {
      return { effect: { ...effect, response }, facts: null, reverb: null, fault: null };
    }
    const name = file?.name ?? ('id' in effect.response ? effect.response.id : effect.response.path);
    return { effect, facts: null, reverb: null, fault: `The impulse response ${name} is missing: import it, or add the folder that it lies in now.`, file };
  }

  #strips(): EffectStrip[] {
    return ['input', ...this.#tracks.keys(), 'send', 'master'];
  }

  #key(strip: EffectStrip): string {
    return typeof strip === 'number' ? (this.#tracks[strip] ?? '') : strip;
  }

  #chain(strip: EffectStrip): (Slot | null)[] {
    const key = this.#key(strip);
    if (key === '') {
      throw noTrack(strip);
    }
    const chain = this.#chains.get(key) ?? Array.from({ length: chainSlots }, () => null);
    this.#chains.set(key, chain);
    return chain;
  }

  #changed(strip: EffectStrip): void {
    if (strip !== 'input' && this.#home !== null) {
      clearTimeout(this.#timer ?? undefined);
      this.#timer = setTimeout(() => {
        void this.#save().catch((error: unknown) => {
          this.#onUnsaved(unsavedNotice(error));
        });
      }, saveAfterMs);
    }
  }

  /** After what is being written: it may be older. */
  #save(): Promise<void> {
    this.#timer = null;
    const before = this.#saving?.catch(() => undefined) ?? Promise.resolve();
    const saving = before
      .then(() => this.#write())
      .finally(() => {
        if (this.#saving === saving) {
          this.#saving = null;
        }
      });
    this.#saving = saving;
    return saving;
  }

  async #write(): Promise<void> {
    if (this.#home?.folder === null || this.#home === null) {
      return;
    }
    const chains: ProjectEffects['chains'] = {};
    for (const [key, chain] of this.#chains) {
      if (key !== 'input' && chain.some((slot) => slot !== null)) {
        chains[key] = await Promise.all(chain.map(async (slot) => (slot === null ? null : this.#stored(slot))));
      }
    }
    const sends = Object.fromEntries([...this.#sends].filter(([key, gain]) => key !== 'input' && gain > 0));
    await effectsFile(this.#home.folder).save({ version: 1, chains, sends });
  }

  async #stored({ effect, file = null }: Slot): Promise<StoredEffect> {
    return { effect, file: effect.kind === 'reverb' ? await this.#responses.fingerprint(effect.response).catch(() => file) : null };
  }
}

function unsavedNotice(error: unknown): string {
  return `The effects could not be kept with the project: ${toFault(error).message}`;
}

/** What the engine is told of an effect. @param rate of the sound */
export async function nativeEffect(responses: ResponseStore, effect: Effect, rate: number): Promise<NativeEffect> {
  switch (effect.kind) {
    case 'gain':
      return { kind: 'gain', gain: toLinear(effect.gainDb) };
    case 'eq':
      return { kind: 'eq', bands: effect.bands };
    case 'limiter':
      return { kind: 'limiter', ceilingDb: effect.ceilingDb };
    case 'reverb': {
      const { path, channels } = await responses.track(effect.response, rate);
      const { edit, mode, blockSize, isThreaded, isDryCompensated } = effect;
      return {
        ...{ kind: 'reverb', response: path, channels, edit, isLoudnessNormalised: effect.normalize === 'loudness', mode, blockSize, isThreaded },
        ...{ dry: toLinear(effect.dryDb), wet: toLinear(effect.wetDb), isDryCompensated },
      };
    }
  }
}

/** Null where there is nothing to be said of it. */
function gpuFacts({ gpu: { frames, ...gpu } }: NativeEffectFacts, rate: number): ReverbFacts['gpu'] {
  return gpu.device === '' && gpu.fault === '' ? null : { ...gpu, seconds: frames / rate };
}

function toLinear(db: number | null): number {
  return db === null ? 0 : 10 ** (db / 20);
}

function described(place: EffectPlace, { effect, facts, reverb, fault }: Slot): PlacedEffect {
  return { place, effect, latencyFrames: facts?.latencyFrames ?? 0, reverb, fault };
}

function noTrack(strip: EffectStrip): StemwrightError {
  return new StemwrightError('usage', `no track ${strip} is loaded`, 'Load the project again.');
}

function faulty(effect: Effect, error: unknown): Slot {
  const slot: Slot = { effect, facts: null, reverb: null, fault: null };
  fail(slot, error);
  return slot;
}

function fail(slot: Slot, error: unknown): null {
  slot.fault = error instanceof Error ? error.message : String(error);
  slot.facts = null;
  slot.reverb = null;
  return null;
}

function withAdvice(error: unknown, effect: Effect): unknown {
  const isTooSlow = error instanceof StemwrightError && effect.kind === 'reverb' && error.code === 'usage' && error.message.startsWith('this mode takes');
  return isTooSlow ? new StemwrightError('usage', error.message, 'Choose the partitioned mode, or a shorter response.') : error;
}
