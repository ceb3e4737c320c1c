import type { BenchmarksSlice } from './benchmarks-slice.ts';
import type { Parts } from './state.ts';

/** Takes minutes: chosen by whoever wants it. */
const slowGroups = ['htdemucs', 'guide', 'peers'];

export function createBenchmarksSlice({ client, set, get }: Parts): BenchmarksSlice {
  const loadAdvice = async (): Promise<void> => {
    set({ advice: await client.request('benchmark.advice', null) });
  };
  const loadSaved = async (): Promise<void> => {
    set({ savedBenchmarks: await client.request('benchmark.saved', null) });
  };
  const run = (names: readonly string[]): void => {
    void get().attempt(() => client.request('benchmark.run', { names: [...names] }));
  };
  client.on('benchmark', ({ progress, result }) => {
    const { benchmarks, benchmarkGroups } = get();
    if (benchmarks === null) return;
    const order = benchmarkGroups.flatMap((group) => group.benchmarks.map(({ name }) => name));
    const results = result === null ? benchmarks.results : [...benchmarks.results.filter(({ benchmark }) => benchmark !== result.benchmark), result];
    set({ benchmarks: { ...benchmarks, progress, results: results.toSorted((a, b) => order.indexOf(a.benchmark) - order.indexOf(b.benchmark)) } });
    if (progress.state === 'running') return;
    // What each took is known now, and more can be advised.
    void get().attempt(async () => {
      set({ benchmarkGroups: (await client.request('benchmark.list', null)).groups });
      await loadAdvice();
    });
  });
  return {
    benchmarkGroups: [],
    benchmarks: null,
    advice: null,
    savedBenchmarks: [],
    removingBenchmarks: [],
    compared: null,
    omittedGroups: slowGroups,
    loadBenchmarks: async () => {
      const [{ groups }, benchmarks] = await Promise.all([client.request('benchmark.list', null), client.request('benchmark.state', null)]);
      set({ benchmarkGroups: groups, benchmarks });
      await Promise.all([loadAdvice(), loadSaved()]);
    },
    chooseGroup: (id, isChosen) => {
      set(({ omittedGroups }) => ({ omittedGroups: isChosen ? omittedGroups.filter((each) => each !== id) : [...omittedGroups, id] }));
    },
    runBenchmarks: run,
    runChosen: () => {
      const { benchmarkGroups, omittedGroups, benchmarks } = get();
      const names = benchmarkGroups.filter(({ id }) => !omittedGroups.includes(id)).flatMap((group) => group.benchmarks.map(({ name }) => name));
      if (names.length > 0 && benchmarks?.progress?.state !== 'running') run(names);
    },
    stopBenchmarks: () => {
      void get().attempt(() => client.request('benchmark.cancel', null));
    },
    saveBenchmarks: (name) =>
      get().attempt(async () => {
        await client.request('benchmark.save', { name });
        await loadSaved();
        get().notify('ok', `${name} is saved.`);
      }),
    compareBenchmarks: (id) => {
      if (id === null) set({ compared: null });
      else void get().attempt(async () => {
        set({ compared: await client.request('benchmark.open', { id }) });
      });
    },
    removeBenchmarks: (id) => {
      const { savedBenchmarks, compared, notify } = get();
      const saved = savedBenchmarks.find((each) => each.id === id);
      if (saved === undefined) return;
      const show = (): void => {
        set(({ removingBenchmarks }) => ({ removingBenchmarks: removingBenchmarks.filter((each) => each !== id) }));
      };
      set(({ removingBenchmarks }) => ({ removingBenchmarks: [...removingBenchmarks, id], compared: compared?.id === id ? null : compared }));
      const otherwise = (): void => {
        void get().attempt(async () => {
          await client.request('benchmark.remove', { id });
          await loadSaved();
        }).then(show);
      };
      notify('ok', `${saved.name} is removed.`, '', { label: 'Undo', run: show, otherwise });
    },
  };
}
