import type { Parts, ModelsSlice } from './state.ts';

export function createModelsSlice({ client, set, get }: Parts): ModelsSlice {
  const loadModels = async (): Promise<void> => {
    const [models, offered] = await Promise.all([client.request('models.list', null), client.request('models.offered', null)]);
    set({ models, offered });
  };
  client.on('models', () => {
    void get().attempt(loadModels);
  });
  const check = (id: string, state: ModelsSlice['checks'][string]): void => {
    set(({ checks }) => ({ checks: { ...checks, [id]: state } }));
  };
  const importOne = (give: () => Promise<string>): Promise<void> =>
    get().attempt(async () => {
      set({ isImporting: true });
      try {
        const { id } = await client.request('models.import', { path: await give(), name: null });
        get().notify('ok', `${id} is imported.`, '', { label: 'Use it', run: () => { get().setOptions({ model: id, stems: null }); } });
      } finally {
        set({ isImporting: false });
      }
    });
  return {
    models: [],
    offered: [],
    checks: {},
    isImporting: false,
    loadModels,
    downloadModel: (id) => {
      get().setSettings({ modelOffer: 'accepted' });
      void get().attempt(() => client.request('models.download', { id }));
    },
    verifyModel: (id) => {
      check(id, 'running');
      void get().attempt(async () => {
        try {
          await client.request('models.verify', { id });
          check(id, 'sound');
        } catch (error) {
          check(id, 'damaged');
          throw error;
        }
      });
    },
    removeModel: (id) => {
      void get().attempt(async () => {
        await client.request('models.remove', { id });
        const { settings, setOptions, notify } = get();
        if (settings.lastOptions.model === id) setOptions({ model: 'house', mode: 'full', stems: null });
        notify('ok', `${id} is removed.`);
      });
    },
    importModelFiles: (files) => {
      void files.reduce(
        (before, file) => before.then(() => importOne(() => client.pathOf(file, () => undefined, new AbortController().signal))),
        Promise.resolve(),
      );
    },
    importModel: (path) => importOne(() => Promise.resolve(path)),
    chooseModel: () =>
      get().attempt(async () => {
        const { paths } = await client.request('system.chooseFiles', { title: 'Import a model', kind: 'model' });
        for (const path of paths) await importOne(() => Promise.resolve(path));
      }),
  };
}
