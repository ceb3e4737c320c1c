import type { JSX, ReactNode } from 'react';
import type { StudioState, StudioStore } from '../store/state.ts';
import { createStudio } from '../store/studio.ts';
import { FakeClient, FakePlayer } from '../store/testing.ts';
import type { Project } from '../store/types.ts';
import { StudioContext } from './studio-context.ts';

const stems = ['drums', 'bass', 'other', 'vocals'];

/** A finished song of four stems. */
export function projectOf(change: Partial<Project> = {}): Project {
  return {
    ...{ id: '11111111-1111-4111-8111-111111111111', title: 'Night Ferry', createdAt: '2026-11-20T20:00:00.000Z', seconds: 252, stems, model: 'house', bytes: 290_000_000 },
    ...{ sourcePath: '/music/ferry.flac', sourceMissing: false, missing: [], folder: '/projects/Night Ferry', rate: 48_000, channels: 2, frames: 252 * 48_000, tracks: [], stalePrints: [], mix: null },
    edits: { canUndo: false, canReapply: false, list: [] },
    report: {
      ...{ version: 1, mode: 'full', backend: 'cpu', device: 'cpu', precision: 'fp32', groupNorm: 'welford', threads: 2, segmentSeconds: 4, overlap: 0.25, shifts: 0, exactSum: false },
      input: { path: '/music/ferry.flac', rate: 48_000, channels: 2, samples: 252 * 48_000, tags: {} },
      model: { id: 'house', sha256: '', sources: stems },
      stems: stems.map((name) => ({ name, path: name, rate: 48_000, channels: 2, samples: 1, peakDb: -3, clippedSamples: 0 })),
      ...{ nullDepthDb: -138.4, audioSeconds: 252, seconds: 26, loadSeconds: 0.1, realtimeFactor: 9.7, peakRssBytes: 3e8, warnings: [] },
    },
    ...change,
  };
}

/** A studio that no services answer, in a given state, and what puts a view into it. */
export function testStudio(state: Partial<StudioState> = {}, answers: ConstructorParameters<typeof FakeClient>[0] = {}): { store: StudioStore; client: FakeClient; Provider: (props: { children: ReactNode }) => JSX.Element } {
  const client = new FakeClient(answers);
  const store = createStudio(client, new FakePlayer());
  store.setState(state);
  return { store, client, Provider: ({ children }) => <StudioContext value={store}>{children}</StudioContext> };
}
