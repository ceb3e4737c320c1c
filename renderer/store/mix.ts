import type { Marker, Mix, MixSlice } from './arrangement.ts';
import type { Parts } from './state.ts';
import { heardGain, type Strip, type Strips } from './strips.ts';

/** Seconds; less is a slip of the hand. */
const shortestSelection = 0.05;

const inOrder = (markers: readonly Marker[]): Marker[] => [...markers].sort((a, b) => a.seconds - b.seconds);

export function mixOf({ strips, loop, isLooping, markers, timePitch }: Mix): Mix {
  return { strips, loop, isLooping, markers, timePitch };
}

export function createMixSlice({ player, set, get }: Parts): MixSlice {
  const setStrips = (strips: Strips): void => {
    set({ strips });
    for (const [name, { pan }] of Object.entries(strips)) player.setTrack(name, heardGain(strips, name), pan);
  };
  const editStrip = (name: string, change: Partial<Strip>): void => {
    const { strips, edit } = get();
    const strip = strips[name];
    if (strip === undefined) return;
    edit(`${name} ${Object.keys(change).join(' ')}`, () => {
      setStrips({ ...strips, [name]: { ...strip, ...change } });
    });
  };
  const editMarkers = (key: string, change: (markers: readonly Marker[]) => readonly Marker[]): void => {
    get().edit(key, () => {
      set(({ markers }) => ({ markers: inOrder(change(markers)) }));
    });
  };
  return {
    ...{ strips: {}, selected: null, selection: null, markers: [], clearings: 0 },
    clearOvers: () => {
      set(({ clearings }) => ({ clearings: clearings + 1 }));
    },
    select: (selected) => {
      set({ selected });
    },
    setSelection: (from, to) => {
      const seconds = get().song?.seconds ?? 0;
      const [start, end] = [Math.max(0, Math.min(from, to)), Math.min(seconds, Math.max(from, to))];
      set({ selection: end - start < shortestSelection ? null : [start, end] });
    },
    clearSelection: () => {
      set({ selection: null });
    },
    setStrip: editStrip,
    toggleSolo: (name, isExclusive) => {
      const { strips, edit } = get();
      const isSolo = !(strips[name]?.isSolo ?? false);
      if (!isExclusive) {
        editStrip(name, { isSolo });
        return;
      }
      edit('solo', () => {
        setStrips(Object.fromEntries(Object.entries(strips).map(([each, strip]) => [each, { ...strip, isSolo: each === name && isSolo }])));
      });
    },
    addMarker: () => {
      const { song, markers } = get();
      if (song === null) return null;
      const id = crypto.randomUUID();
      const names = new Set(markers.map(({ label }) => label));
      let number = markers.length + 1;
      while (names.has(`Marker ${number}`)) number += 1;
      editMarkers(`marker ${id}`, (all) => [...all, { id, seconds: player.position(), label: `Marker ${number}` }]);
      return id;
    },
    nameMarker: (id, label) => {
      const name = label.trim().slice(0, 200);
      if (name !== '') editMarkers(`name ${id}`, (all) => all.map((marker) => (marker.id === id ? { ...marker, label: name } : marker)));
    },
    moveMarker: (id, seconds) => {
      const place = Math.min(get().song?.seconds ?? 0, Math.max(0, seconds));
      editMarkers(`move ${id}`, (all) => all.map((marker) => (marker.id === id ? { ...marker, seconds: place } : marker)));
    },
    deleteMarker: (id) => {
      const { markers, notify, undo } = get();
      const marker = markers.find((each) => each.id === id);
      if (marker === undefined) return;
      editMarkers(`delete ${id}`, (all) => all.filter((each) => each.id !== id));
      notify('ok', `${marker.label} was deleted.`, '', { label: 'Undo', run: () => void undo() });
    },
    putMix: ({ strips, loop, isLooping, markers, timePitch }, selected) => {
      set({ loop, isLooping, markers, timePitch, selected });
      player.setLoop(isLooping ? loop : null);
      player.setTimePitch(timePitch);
      setStrips(strips);
    },
  };
}
