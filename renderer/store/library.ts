import type { ProjectSummary } from '../client/contract.ts';
import type { LibrarySlice, LibrarySort, Parts } from './state.ts';

const orders: Readonly<Record<LibrarySort, (a: ProjectSummary, b: ProjectSummary) => number>> = {
  newest: (a, b) => b.createdAt.localeCompare(a.createdAt),
  title: (a, b) => a.title.localeCompare(b.title, undefined, { numeric: true }),
  length: (a, b) => b.seconds - a.seconds,
  size: (a, b) => b.bytes - a.bytes,
};

/** The projects that hold every word of the search in title, model or stems, in order. */
export function foundProjects(projects: readonly ProjectSummary[], search: string, sort: LibrarySort): ProjectSummary[] {
  const plain = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  const words = plain(search).split(/\s+/).filter((word) => word !== '');
  const found = projects.filter(({ title, model, stems }) => {
    const text = plain([title, model, ...stems].join(' '));
    return words.every((word) => text.includes(word));
  });
  return found.sort(orders[sort]);
}

export function createLibrarySlice({ client, set, get }: Parts): LibrarySlice {
  return {
    search: '',
    sort: 'newest',
    isSearching: false,
    setSearch: (search) => {
      set({ search });
    },
    setSearching: (isSearching) => {
      set(({ isRailOpen }) => ({ isSearching, isRailOpen: isRailOpen || isSearching }));
    },
    setSort: (sort) => {
      set({ sort });
    },
    renameProject: (id, title) => {
      void get().attempt(async () => {
        await client.request('projects.rename', { id, title });
        const { finished, song } = get();
        if (finished?.id === id && song !== null) set({ finished: { ...finished, title }, song: { ...song, title } });
      });
    },
    relocateProject: (id, path) =>
      get().attempt(async () => {
        const project = await client.request('projects.relocate', { id, path });
        if (get().finished?.id === id) set({ finished: project });
        await get().loadLibrary();
      }),
    chooseSong: async (title) => {
      let chosen: string | null = null;
      await get().attempt(async () => {
        chosen = (await client.request('system.chooseFiles', { title, kind: 'audio' })).paths[0] ?? null;
      });
      return chosen;
    },
  };
}
