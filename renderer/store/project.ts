import { joined } from '../units/ranges.ts';
import type { Project } from '../client/contract.ts';
import { mixSaving, readMix } from './mix-file.ts';
import { peakLoading } from './peak-loading.ts';
import type { PlayableSong, PlayableTrack } from './player.ts';
import { plainTimePitch } from './rhythm.ts';
import { liveSong, originalName, plannedSong, projectSong, residualName, type Song } from './song.ts';
import type { Parts, ProjectSlice } from './state.ts';
import { stripsFor } from './strips.ts';

const finishedFrames = (ranges: Song['finished']): number => ranges.reduce((sum, [start, end]) => sum + end - start, 0);
const firstStem = (song: Song | null): string | null => song?.lanes.find(({ name }) => name !== originalName)?.name ?? null;

/** Null while none of its tracks is there. */
function playable(id: string, { rate, frames, lanes }: Song): PlayableSong | null {
  const tracks = lanes.filter(({ source }) => source !== null).map(({ name, isPrint }): PlayableTrack => ({ kind: name === originalName || name === residualName ? name : isPrint ? 'print' : 'stem', name }));
  return tracks.length === 0 ? null : { id, rate, frames, tracks };
}

export function createProjectSlice(parts: Parts): ProjectSlice {
  const { client, player, set, get } = parts;
  const loadPeaks = peakLoading(parts);
  const saving = mixSaving(parts);

  /** Shows a song in place of another; `keeps` when it is the same song, further on. */
  const put = (song: Song | null, keeps: boolean): void => {
    const before = get();
    const hadSource = before.song?.lanes.some(({ source }) => source !== null) ?? false;
    const isSameLength = keeps && before.song?.seconds === song?.seconds;
    set({
      song,
      peaks: keeps ? before.peaks : {},
      window: isSameLength ? before.window : { start: 0, span: song?.seconds ?? 0 },
      ...(keeps ? {} : { selection: null, isRegionOpen: false, isOriginalOpen: false, spectra: [] }),
    });
    player.load(song === null || before.shown === null ? null : playable(before.shown.id, song), keeps && hadSource);
    const kept = keeps ? before : { strips: {}, loop: null, isLooping: false, markers: [], timePitch: plainTimePitch };
    before.putMix({ ...kept, strips: stripsFor(song?.lanes ?? [], kept.strips) }, (keeps ? before.selected : null) ?? firstStem(song));
    if (!keeps) {
      before.forgetHistory();
      before.forgetSpectra();
    }
    void loadPeaks();
  };
  const openProject = async (id: string, keeps: boolean): Promise<void> => {
    const project = await client.request('projects.open', { id });
    saving.flush();
    set({ shown: { kind: 'project', id }, finished: project });
    const song = projectSong(project);
    put(song, keeps);
    // Who has begun to mix while the song was separated goes on from there.
    if (keeps) saving.schedule();
    else if (project.mix !== null) get().putMix(readMix(project.mix, song.lanes), get().selected);
    get().forgetHistory();
  };
  const refresh = (project: Project): void => {
    const { shown, finished } = get();
    if (shown?.id !== project.id || finished === null) return;
    set({ finished: project });
    get().forgetSpectra();
    put(projectSong(project), true);
  };
  const loadLibrary = async (): Promise<void> => {
    set({ library: await client.request('projects.list', null) });
  };
  client.on('library', () => {
    void get().attempt(loadLibrary);
  });

  return {
    ...{ library: { projects: [], damaged: [] }, shown: null, song: null, finished: null, peaks: {} },
    loadLibrary,
    showItem: (id) => {
      const item = get().items.find((each) => each.id === id);
      const project = item?.project ?? item?.redo?.project ?? null;
      if (project !== null) {
        void get().showProject(project);
        return;
      }
      saving.flush();
      set({ shown: { kind: 'item', id }, finished: null });
      put(null, false);
      get().followQueue();
      const { progress } = get();
      if (progress?.id === id) get().followProgress(progress);
    },
    showProject: (id) => get().attempt(() => openProject(id, false)),
    showNothing: () => {
      saving.flush();
      set({ shown: null, finished: null });
      put(null, false);
    },
    followQueue: () => {
      const { shown, items, plans, song } = get();
      get().followRegions();
      const running = items.find(({ state, redo }) => state === 'running' && redo === null);
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
      if (song === null || song.frames === 0) {
        const title = song?.title ?? items.find((item) => item.id === id)?.title ?? '';
        put(liveSong(title, song?.detail ?? '', live, finished), true);
      } else if (finishedFrames(finished) !== finishedFrames(song.finished)) {
        set({ song: { ...song, finished } });
        void loadPeaks();
      }
      get().followPlayhead();
    },
    refresh,
    reloadProject: async () => {
      const id = get().finished?.id;
      if (id !== undefined) await get().attempt(async () => { refresh(await client.request('projects.open', { id })); });
    },
    saveMix: (isNow = false) => {
      if (isNow) saving.flush();
      else saving.schedule();
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
