/** A separator with a tiny model, for tests that run the whole path. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeparationOptions, type SeparationReport } from '../contract/separation.ts';
import type { NativeModule } from '../engine/native.ts';
import { writeTinyModel } from '../weights/testing.ts';
import { Separator } from './separator.ts';

export interface Workshop {
  folder: string;
  /** Where `separate` writes. */
  out: string;
  separate(path: string, options?: Partial<SeparationOptions>): Promise<SeparationReport>;
  close(): Promise<void>;
}

/** The engine computes spectra of this size alone, and then the frequency axis wants four layers. */
const networkOfEngine = { nfft: 4096, depth: 4, segment: [1, 4] };

/** @param kwargs of the tiny model, beside those that are small anyway */
export async function openWorkshop(kwargs: Record<string, unknown> = {}, native?: NativeModule): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), 'stemwright-test-'));
  const model = join(folder, 'tiny.safetensors');
  const out = join(folder, 'out');
  await writeSmallModel(model, { kwargs });
  return {
    folder,
    out,
    separate: async (path, options = {}) => {
      const separator = new Separator(defaultOptions({ out, model, ...options }), '/', { native });
      try {
        return await separator.separate({ path, name: null }, new AbortController().signal, () => undefined);
      } finally {
        await separator.dispose();
      }
    },
    close: () => rm(folder, { recursive: true }),
  };
}

function defaultOptions(options: Partial<SeparationOptions> & Pick<SeparationOptions, 'out' | 'model'>): SeparationOptions {
  return SeparationOptions.parse({
    ...{ mode: 'time-only', stems: null, twoStems: null, format: null, clipMode: null, rate: 'source', segmentSeconds: null, overlap: 0.25 },
    ...{ shifts: 0, seed: 0, exactSum: false, precision: 'fp32', groupNorm: 'welford', backend: 'auto', threads: 2, trace: null },
    ...options,
  });
}

/** A model of a few thousand weights, which claims both modes. */
export function writeSmallModel(path: string, { kwargs = {}, seed = 1 }: { kwargs?: Record<string, unknown>; seed?: number } = {}): Promise<void> {
  return writeTinyModel(path, { seed, kwargs: { ...networkOfEngine, ...kwargs }, metadata: { modes: '["full", "time-only"]' } });
}
