import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { NativeModule } from '../../../electron/engine/native.ts';
import { decode } from '../../../electron/media/decode.ts';
import { probe } from '../../../electron/media/probe.ts';
import { fillTrack, runSeparation } from '../../../electron/services/engine-run.ts';
import { demoFolder } from '../../../electron/services/model-library.ts';
import { houseId, ModelStore } from '../../../electron/services/model-store.ts';
import { findModel, loadModel } from '../../../electron/services/models.ts';

/** Separates the demo song again and again in this process, as the studio does, until `signal`. */
export async function separateUntil(signal: AbortSignal, native: NativeModule, folder: string): Promise<number> {
  const model = await loadModel(native, await findModel(new ModelStore(folder), houseId, '/'));
  try {
    const input = join(folder, 'mix.f32');
    const { stats } = await fillTrack(native, { path: input, channels: model.channels }, decode(await probe(join(demoFolder, 'mix.flac'))));
    const spec = {
      ...{ models: model.parts, input, frames: stats.frames, mean: stats.mean, std: stats.std, outputs: model.sources.map((name) => join(folder, `${name}.f32`)) },
      ...{ mode: 'full' as const, segmentSeconds: null, overlap: 0.25, shifts: 0, seed: 0, threads: availableParallelism() },
    };
    let runs = 0;
    for (; !signal.aborted; runs++) {
      await runSeparation(native, spec, () => undefined, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
    return runs;
  } finally {
    model.dispose();
  }
}
