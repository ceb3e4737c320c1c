import type { BenchmarkAdvice, BenchmarkList, BenchmarkState, SavedBenchmarks, SavedBenchmarksSummary } from '../client/contract.ts';

export interface BenchmarksSlice {
  benchmarkGroups: BenchmarkList['groups'];
  /** Null until the studio has answered. */
  benchmarks: BenchmarkState | null;
  advice: BenchmarkAdvice | null;
  savedBenchmarks: SavedBenchmarksSummary[];
  /** Those that are shown no more, and can be brought back for a while. */
  removingBenchmarks: readonly string[];
  /** What results are held against. */
  compared: SavedBenchmarks | null;
  /** Groups that "Run chosen" leaves out. */
  omittedGroups: readonly string[];
  loadBenchmarks: () => Promise<void>;
  chooseGroup: (id: string, isChosen: boolean) => void;
  runBenchmarks: (names: readonly string[]) => void;
  /** All groups that are chosen. */
  runChosen: () => void;
  stopBenchmarks: () => void;
  saveBenchmarks: (name: string) => Promise<void>;
  /** Null: with none. */
  compareBenchmarks: (id: string | null) => void;
  removeBenchmarks: (id: string) => void;
}
