import { plainResponse, toFault, type PlacedEffect, type ResponseRef } from '../client/contract.ts';
import { Commands } from './commands.ts';
import type { ResponsesSlice } from './live.ts';
import type { Parts } from './state.ts';

const restMs = 120;
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

export function responseKey(response: ResponseRef): string {
  return 'id' in response ? `id:${response.id}` : response.path;
}

/** Whether a placed effect uses that response. */
export function usesResponse({ effect }: PlacedEffect, key: string): boolean {
  return effect.kind === 'reverb' && responseKey(effect.response) === key;
}

export function createResponsesSlice({ client, set, get }: Parts): ResponsesSlice {
  const commands = new Commands();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const load = (): Promise<void> =>
    get().attempt(() =>
      commands.run('list', async () => {
        set({ responses: await client.request('responses.list', { search: get().responseSearch, isFavourite: get().responseShow === 'favourites' }) });
      }),
    );
  client.on('responses', () => {
    void load();
  });
  /** @returns those that were imported */
  const take = async (paths: string[]): Promise<ResponseRef[]> => {
    set({ isImportingResponses: true });
    try {
      return await client.request('responses.import', { paths });
    } finally {
      set({ isImportingResponses: false });
    }
  };
  const imported = async (paths: string[]): Promise<void> => {
    const [first, ...more] = await take(paths);
    await load();
    if (first === undefined) return;
    get().audition(first);
    if (more.length > 0) get().notify('ok', `${more.length + 1} responses were imported.`);
  };
  return {
    ...{ responses: { responses: [], folders: [] }, responseSearch: '', responseShow: 'all', isImportingResponses: false, described: null },
    loadResponses: load,
    searchResponses: (responseSearch) => {
      set({ responseSearch });
      void load();
    },
    showResponses: (responseShow) => {
      set({ responseShow });
      void load();
    },
    setFavourite: (response, isFavourite) => {
      const key = responseKey(response);
      set(({ responses }) => ({ responses: { ...responses, responses: responses.responses.map((each) => (responseKey(each.response) === key ? { ...each, isFavourite } : each)) } }));
      void get().attempt(() => client.request('responses.setFavourite', { response, isFavourite }));
    },
    importResponses: (files) => {
      void get().attempt(async () => {
        const paths: string[] = [];
        for (const file of files) paths.push(await client.pathOf(file, () => undefined, new AbortController().signal));
        if (paths.length > 0) await imported(paths);
      });
    },
    importResponsePath: (path) => get().attempt(() => imported([path])),
    removeResponse: (response) => {
      void get().attempt(() => client.request('responses.remove', { response }));
    },
    addResponseFolder: (path) => get().attempt(() => client.request('responses.addFolder', { path })),
    removeResponseFolder: (path) => {
      void get().attempt(async () => {
        await client.request('responses.removeFolder', { path });
        get().notify('ok', 'The folder is no longer listed.', 'Its files stay where they are.', { label: 'Undo', run: () => { void get().addResponseFolder(path); } });
      });
    },
    describeResponse: (response, edit) => {
      clearTimeout(timer);
      const key = responseKey(response);
      const isOther = get().described?.key !== key;
      const ask = (): Promise<void> =>
        commands.run('describe', async () => {
          try {
            const before = get().described;
            const file = before?.key === key && before.file !== null ? before.file : await client.request('responses.describe', { response, edit: plainResponse });
            const edited = isSame(edit, plainResponse) ? file : await client.request('responses.describe', { response, edit });
            set({ described: { key, file, edited, fault: null } });
          } catch (error) {
            set({ described: { key, file: null, edited: null, fault: toFault(error).message } });
          }
        });
      // An edit is shown once the hand rests for a moment.
      if (isOther) void ask();
      else timer = setTimeout(() => void ask(), restMs);
    },
  };
}
