import type { NativeModule } from '../engine/native.ts';
import { fillTrack, runSeparation } from './engine-run.ts';
import { JobFolder } from './job-folder.ts';
import { planMemory, type MemoryQuestion } from './memory.ts';
import type { LoadedModel } from './models.ts';

/** A generator of full period modulo 2^32, so that every measurement has the same noise. */
function* noise(frames: number, channels: number): Generator<Buffer, void> {
  let state = 1;
  const blockFrames = 1 << 14;
  for (let done = 0; done < frames; done += blockFrames) {
    const samples = new Float32Array(Math.min(blockFrames, frames - done) * channels);
    for (let i = 0; i < samples.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      samples[i] = (state / 2 ** 32 - 0.5) * 0.2;
    }
    yield Buffer.from(samples.buffer);
  }
}

async function* streamed(chunks: Generator<Buffer, void>): AsyncGenerator<Buffer, void> {
  for (const chunk of chunks) {
    yield await Promise.resolve(chunk);
  }
}

/**
 * Separates one segment of noise.
 * @return seconds for each second of sound that passes through the network
 */
export async function measurePace(native: NativeModule, model: LoadedModel, question: MemoryQuestion, { folder, signal }: { folder: string; signal: AbortSignal }): Promise<number> {
  const { segmentSeconds } = planMemory(model.parts, question);
  const frames = Math.round(segmentSeconds * model.rate);
  const job = await JobFolder.create(folder);
  try {
    const track = { path: job.file('noise.f32'), channels: model.channels };
    const { stats } = await fillTrack(native, track, streamed(noise(frames, model.channels)));
    const start = performance.now();
    await runSeparation(
      native,
      {
        models: model.parts,
        input: track.path,
        ...{ frames: stats.frames, mean: stats.mean, std: stats.std },
        outputs: model.sources.map((_, index) => job.file(`source-${index}.f32`)),
        ...{ mode: question.mode, segmentSeconds, overlap: 0, shifts: 0, seed: 0, threads: question.threads },
      },
      () => undefined,
      signal,
    );
    return (performance.now() - start) / 1000 / (frames / model.rate);
  } finally {
    await job.remove();
  }
}
