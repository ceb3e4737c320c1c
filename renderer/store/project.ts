import { decodePeaks } from '../units/peaks.ts';
import { joined } from '../units/ranges.ts';
import { liveSong, plannedSong, projectSong, type Song } from './song.ts';
import type { Parts, ProjectSlice } from './state.ts';
import { heardGain, stripsFor, type Strip, type Strips } from './strips.ts';

export function createProjectSlice(parts: Parts): ProjectSlice {
  const { client, player, set, get } = parts;
  const loadPeaks = peakLoading(parts);

  /** Shows a song in place of another; `keeps` when it is the same song, further on. */
  const put = (song: Song | null, keeps: boolean): void => {
    const before = get();
    const hadSource = before.song?.lanes.some(({ source }) => source !== null) ?? false;
    const strips = stripsFor(song?.lanes ?? [], keeps ? before.strips : {});
    const isSameLength = keeps && before.song?.seconds === song?.seconds;
    set({
      song,
      strips,
      selected: keeps ? before.selected : (song?.lanes[1]?.name ?? null),
      peaks: keeps ? before.peaks : {},
      window: isSameLength ? before.window : { start: 0, span: song?.seconds ?? 0 },
      ...(keeps ? {} : { loop: null, isLooping: false }),
    });
    const tracks = (song?.lanes ?? []).flatMap(({ name, source }) => (source === null ? [] : [{ name, address: source.samples }]));
    const isPlayable = song !== null && tracks.length > 0;
    player.load(isPlayable ? { ...song, tracks } : null, keeps && hadSource);
    hear(strips);
    void loadPeaks();
  };
  const hear = (strips: Strips): void => {
    for (const [name, { pan }] of Object.entries(strips)) player.setTrack(name, heardGain(strips, name), pan);
  };
  const setStrips = (strips: Strips): void => {
    set({ strips });
    hear(strips);
  };
  const change = (name: string, to: Partial<Strip>): void => {
    const { strips } = get();
    const strip = strips[name];
    if (strip !== undefined) setStrips({ ...strips, [name]: { ...strip, ...to } });
  };
  const openProject = async (id: string, keeps: boolean): Promise<void> => {
    const project = await client.request('projects.open', { id });
    set({ shown: { kind: 'project', id }, finished: project });
    put(projectSong(project), keeps);
  };
  const loadLibrary = async (): Promise<void> => {
    set({ library: await client.request('projects.list', null) });
  };
  client.on('library', () => {
    void get().attempt(loadLibrary);
  });

  return {
    ...{ library: { projects: [], damaged: [] }, shown: null, song: null, finished: null, peaks: {}, strips: {}, selected: null },
    loadLibrary,
    showItem: (id) => {
      const item = get().items.find((each) => each.id === id);
      if (item?.project !== null && item?.project !== undefined) {
        void get().showProject(item.project);
        return;
      }
      set({ shown: { kind: 'item', id }, finished: null });
      put(null, false);
      get().followQueue();
      const { progress } = get();
      if (progress?.id === id) get().followProgress(progress);
    },
    showProject: (id) => get().attempt(() => openProject(id, false)),
    showNothing: () => {
      set({ shown: null, finished: null });
      put(null, false);
    },
    followQueue: () => {
      const { shown, items, plans, song } = get();
      const running = items.find(({ state }) => state === 'running');
      if (shown === null && running !== undefined) get().showItem(running.id);
      if (shown?.kind !== 'item') return;
      const item = items.find(({ id }) => id === shown.id);
      if (item === undefined) get().showNothing();
      else if (item.state === 'done' && item.project !== null) void get().attempt(() => openProject(item.project ?? '', true));
      else if (item.state !== 'waiting' && item.state !== 'running' && song !== null) put(null, false);
      else if (song === null) {
        const plan = plans[shown.id];
        if (plan?.ok === true) put(plannedSong(plan.plan), false);
      }
    },
    followProgress: ({ id, progress, live }) => {
      const { shown, song, items } = get();
      if (shown?.id !== id || live === null) return;
      const finished = joined(progress.finished);
      if (song !== null && song.frames > 0) {
        const last = (ranges: Song['finished']): number => ranges.reduce((sum, [start, end]) => sum + end - start, 0);
        if (last(finished) === last(song.finished)) return;
        set({ song: { ...song, finished } });
        void loadPeaks();
        return;
      }
      const title = song?.title ?? items.find((item) => item.id === id)?.title ?? '';
      put(liveSong(title, song?.detail ?? '', live, finished), true);
      if (get().selected === null) set({ selected: get().song?.lanes[1]?.name ?? null });
    },
    select: (selected) => {
      set({ selected });
    },
    setStrip: change,
    toggleSolo: (name, isExclusive) => {
      const { strips } = get();
      const isSolo = !(strips[name]?.isSolo ?? false);
      if (!isExclusive) change(name, { isSolo });
      else setStrips(Object.fromEntries(Object.entries(strips).map(([each, strip]) => [each, { ...strip, isSolo: each === name && isSolo }])));
    },
    deleteProject: (id) => {
      if (get().shown?.id === id) get().showNothing();
      void get().attempt(() => client.request('projects.delete', { id }));
    },
    revealProject: (id) => {
      void get().attempt(() => client.request('projects.reveal', { id }));
    },
  };
}

/** Fetches every lane's peaks; while a song is being separated they are fetched again as it grows, never twice at once. */
function peakLoading({ client, set, get }: Parts): () => Promise<void> {
  let isBusy = false;
  let isStale = false;
  const load = async (): Promise<void> => {
    const lanes = get().song?.lanes ?? [];
    await Promise.all(
      lanes.map(async ({ name, source }) => {
        if (source === null) return;
        const bytes = await client.read(source.peaks).catch((error: unknown) => {
          // A song's live tracks go when it is done; its project has its own.
          if (get().shown?.kind === 'item') return null;
          throw error;
        });
        if (bytes === null) return;
        const peaks = decodePeaks(bytes);
        const isCurrent = get().song?.lanes.some((lane) => lane.source?.peaks === source.peaks) === true;
        if (isCurrent) set((state) => ({ peaks: { ...state.peaks, [name]: peaks } }));
      }),
    );
  };
  return async () => {
    isStale = true;
    if (isBusy) return;
    isBusy = true;
    // Each look starts after the last change, and no look is left out.
    for (; isStale; ) {
      isStale = false;
      await get().attempt(load);
    }
    isBusy = false;
  };
}
