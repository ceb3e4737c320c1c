import { chainSlots, plainResponse, toFault, type ChainPreset, type Effect, type EffectPlace, type EffectStrip, type MonitorState, type PlacedEffect, type ReverbEffect } from '../client/contract.ts';
import { toDb } from '../units/levels.ts';
import { Commands } from './commands.ts';
import type { RackSlice, RackState } from './live.ts';
import { originalName, residualName } from './song.ts';
import type { Parts } from './state.ts';

export const trackSource = (name: string): string => `track:${name}`;

/** The chain that is shown; null while its track is not loaded. */
export function shownStrip({ source, isSend, monitor }: Pick<RackState, 'source' | 'isSend'> & { monitor: MonitorState | null }): EffectStrip | null {
  if (isSend) return 'send';
  if (source === 'input') return 'input';
  if (source === 'mix') return 'master';
  const index = monitor?.tracks.findIndex(({ name }) => trackSource(name) === source) ?? -1;
  return index < 0 ? null : index;
}

/** Whose insert chain it is. */
function sourceOf(strip: Exclude<EffectStrip, 'send'>, monitor: MonitorState | null): string {
  if (typeof strip === 'number') return trackSource(monitor?.tracks[strip]?.name ?? '');
  return strip === 'input' ? 'input' : 'mix';
}

/** By slot, all of them. */
export function effectsOf(monitor: MonitorState | null, strip: EffectStrip | null): (PlacedEffect | null)[] {
  return Array.from({ length: chainSlots }, (_, slot) => monitor?.effects.find(({ place }) => place.strip === strip && place.slot === slot) ?? null);
}

/** Whether a chain is as a preset has it. */
export function sameChain(effects: readonly (PlacedEffect | null)[], preset: ChainPreset): boolean {
  return effects.every((placed, slot) => JSON.stringify(placed?.effect ?? null) === JSON.stringify(preset.effects[slot] ?? null));
}

/** Those that send what is heard as the source: of the mix, all stems. */
function sendersOf(source: string, monitor: MonitorState): ('input' | number)[] {
  if (source === 'input') return ['input'];
  return monitor.tracks.flatMap(({ name, kind }, index) => ((source === 'mix' ? kind === 'stem' : trackSource(name) === source) ? [index] : []));
}

/** Linear; how much the source sends. */
export function sentGain(source: string, monitor: MonitorState | null): number {
  if (monitor === null) return 0;
  const senders = sendersOf(source, monitor);
  return Math.max(0, ...monitor.sends.filter(({ strip }) => senders.includes(strip)).map(({ gain }) => gain));
}

function withEffect(monitor: MonitorState, placed: PlacedEffect | null, { strip, slot }: EffectPlace): MonitorState {
  const others = monitor.effects.filter(({ place }) => place.strip !== strip || place.slot !== slot);
  return { ...monitor, effects: placed === null ? others : [...others, placed] };
}

/** With what is known of the effect before it. */
function turnedTo(effect: Effect | null, before: PlacedEffect | null, place: EffectPlace): PlacedEffect | null {
  return effect === null ? null : { latencyFrames: 0, reverb: null, fault: null, ...before, place, effect };
}

function newReverb(response: ReverbEffect['response'], isSend: boolean): ReverbEffect {
  return {
    ...{ kind: 'reverb', isBypassed: false, response, edit: plainResponse, mode: 'partitioned', blockSize: null, isThreaded: true, backend: 'cpu', normalize: 'loudness' },
    // What is sent is heard dry already.
    ...{ dryDb: isSend ? null : 0, wetDb: isSend ? 0 : -12, isDryCompensated: false },
  };
}

const newEffects: Readonly<Record<Exclude<Effect['kind'], 'reverb'>, Effect>> = {
  gain: { kind: 'gain', isBypassed: false, gainDb: 0 },
  eq: {
    ...{ kind: 'eq', isBypassed: false },
    bands: [
      { kind: 'lowshelf', hz: 100, q: 0.7, gainDb: 0, isOn: true },
      { kind: 'peak', hz: 400, q: 1, gainDb: 0, isOn: true },
      { kind: 'peak', hz: 2500, q: 1, gainDb: 0, isOn: true },
      { kind: 'highshelf', hz: 8000, q: 0.7, gainDb: 0, isOn: true },
    ],
  },
  limiter: { kind: 'limiter', isBypassed: false, ceilingDb: -1 },
};

export function createRackSlice({ client, set, get }: Parts): RackSlice {
  const commands = new Commands();
  /** What the engine has not answered yet; what it says meanwhile is of before. */
  const untold = new Map<string, { place: EffectPlace; effect: Effect | null }>();
  const shown = (): { strip: EffectStrip | null; effects: (PlacedEffect | null)[] } => {
    const strip = shownStrip(get());
    return { strip, effects: effectsOf(get().monitor, strip) };
  };
  const change = (with_: (monitor: MonitorState) => MonitorState): void => {
    set(({ monitor }) => ({ monitor: monitor === null ? null : with_(monitor) }));
  };
  const place = (placed: PlacedEffect | null, strip: EffectStrip, slot: number): void => {
    change((monitor) => withEffect(monitor, placed, { strip, slot }));
  };
  /** Shown at once, told as fast as the engine takes it; put back when refused. */
  const put = (slot: number, effect: Effect | null): void => {
    const { strip, effects } = shown();
    if (strip === null) return;
    const before = effects[slot] ?? null;
    place(turnedTo(effect, before, { strip, slot }), strip, slot);
    const key = `${strip}/${slot}`;
    const edit = { place: { strip, slot }, effect };
    untold.set(key, edit);
    const work = async (): Promise<void> => {
      const facts = await client.request('monitor.setEffect', { place: { strip, slot }, effect });
      const now = effectsOf(get().monitor, strip)[slot];
      if (facts !== null && now !== null && now !== undefined) place({ ...facts, effect: now.effect }, strip, slot);
    };
    void get().attempt(async () => {
      try {
        await commands.run(key, work).finally(() => {
          if (untold.get(key) === edit) untold.delete(key);
        });
      } catch (error) {
        if (toFault(error).code === 'input') place(before, strip, slot);
        throw error;
      }
    });
  };
  const putChain = async (strip: EffectStrip, chain: readonly (Effect | null)[]): Promise<void> => {
    for (const [slot, effect] of chain.entries()) await client.request('monitor.setEffect', { place: { strip, slot }, effect });
    set({ monitor: await client.request('monitor.state', null) });
  };
  /** The selected effect, else the first of its kind in the chain. */
  const reverb = (): { slot: number; effect: ReverbEffect } | null => {
    const { effects } = shown();
    const order = [get().slot, ...effects.keys()];
    for (const slot of order) {
      const effect = effects[slot]?.effect;
      if (effect?.kind === 'reverb') return { slot, effect };
    }
    return null;
  };

  client.on('chains', (chains) => {
    set({ chains });
  });
  return {
    ...{ source: 'mix', isSend: false, slot: 0, chains: [], chainName: null },
    loadChains: async () => {
      set({ chains: await client.request('chains.list', null) });
    },
    setSource: (source) => {
      set({ source, chainName: null });
    },
    setSend: (isSend) => {
      set({ isSend, chainName: null });
      if (isSend && sentGain(get().source, get().monitor) === 0) get().setSentGain(1);
    },
    rackSettled: () => commands.settled(),
    keepEdits: (monitor) =>
      [...untold.values()].reduce<MonitorState | null>((kept, { place: at, effect }) => (kept === null ? null : withEffect(kept, turnedTo(effect, effectsOf(kept, at.strip)[at.slot] ?? null, at), at)), monitor),
    setSentGain: (gain) => {
      const { monitor, source, attempt } = get();
      if (monitor === null) return;
      const senders = sendersOf(source, monitor);
      change((now) => ({ ...now, sends: [...now.sends.filter(({ strip }) => !senders.includes(strip)), ...senders.map((strip) => ({ strip, gain }))] }));
      for (const strip of senders) void attempt(() => commands.run(`send ${strip}`, async () => { await client.request('monitor.setSend', { strip, gain }); }));
    },
    selectSlot: (slot) => {
      set({ slot });
    },
    showEffect: ({ strip, slot }) => {
      set(({ source, monitor }) => ({ slot, isSend: strip === 'send', source: strip === 'send' ? source : sourceOf(strip, monitor), chainName: null }));
    },
    putEffect: put,
    addEffect: (kind) => {
      const { effects } = shown();
      const used = effects.findLastIndex((placed) => placed !== null) + 1;
      const slot = used < chainSlots ? used : effects.indexOf(null);
      if (slot < 0) {
        get().notify('warn', `A chain holds ${chainSlots} effects.`, 'Remove one first.');
        return;
      }
      const first = get().responses.responses.find(({ fault }) => fault === null);
      if (kind === 'reverb' && first === undefined) return;
      put(slot, kind === 'reverb' && first !== undefined ? newReverb(first.response, get().isSend) : newEffects[kind as 'gain']);
      set({ slot });
    },
    removeEffect: (slot) => {
      const placed = shown().effects[slot];
      if (placed === null || placed === undefined) return;
      put(slot, null);
      get().notify('ok', 'The effect was removed.', '', { label: 'Undo', run: () => { put(slot, placed.effect); set({ slot }); } });
    },
    moveEffect: (slot, way) => {
      const { strip, effects } = shown();
      const to = slot + way;
      if (strip === null || effects[slot] === null || to < 0 || to >= chainSlots) return;
      set({ slot: to });
      void get().attempt(async () => {
        await commands.run('move', async () => {
          await client.request('monitor.moveEffect', { place: { strip, slot }, slot: to });
          set({ monitor: await client.request('monitor.state', null) });
        });
      });
    },
    toggleBypass: (slot) => {
      const effect = shown().effects[slot]?.effect;
      if (effect !== undefined) put(slot, { ...effect, isBypassed: !effect.isBypassed });
    },
    audition: (response) => {
      const there = reverb();
      if (there !== null) {
        put(there.slot, { ...there.effect, response });
        set({ slot: there.slot });
        return;
      }
      const slot = shown().effects.indexOf(null);
      if (slot < 0) return;
      put(slot, newReverb(response, get().isSend));
      set({ slot });
    },
    applyChain: (name) =>
      get().attempt(async () => {
        const { strip, effects } = shown();
        if (strip === null) return;
        set({ monitor: await client.request('chains.apply', { name, strip }), chainName: name });
        if (effects.every((placed) => placed === null)) return;
        const before = effects.map((placed) => placed?.effect ?? null);
        get().notify('ok', `${name} took the place of the chain.`, '', { label: 'Undo', run: () => { void get().attempt(() => putChain(strip, before)); } });
      }),
    leaveChain: () => {
      set({ chainName: null });
    },
    saveChain: (name) =>
      get().attempt(async () => {
        const { strip } = shown();
        if (strip === null) return;
        await client.request('chains.save', { name, strip });
        set({ chainName: name });
      }),
    removeChain: (name) => {
      void get().attempt(async () => {
        await client.request('chains.remove', { name });
        if (get().chainName === name) set({ chainName: null });
        get().notify('ok', `Chain ${name} was removed.`);
      });
    },
  };
}

/** What can be sent through a chain, in words. */
export function sources(monitor: MonitorState | null): { id: string; name: string }[] {
  const tracks = (monitor?.tracks ?? []).filter(({ name }) => name !== originalName && name !== residualName);
  return [{ id: 'mix', name: 'mix' }, ...tracks.map(({ name }) => ({ id: trackSource(name), name })), { id: 'input', name: 'input' }];
}

export const sentDb = (gain: number): number => (gain === 0 ? -Infinity : toDb(gain));
