import { cancelled } from '../contract/errors.ts';
import { nativeFault } from '../engine/errors.ts';
import type { NativeJob, NativeSeparationEvent, NativeSeparationSpec } from '../engine/native-jobs.ts';
import type { NativeModule } from '../engine/native.ts';

export type SeparationProgressEvent = Extract<NativeSeparationEvent, { type: 'progress' }>;
export type SeparationDone = Extract<NativeSeparationEvent, { type: 'done' }>;

type OnEvent = (event: NativeSeparationEvent) => void;

/** Runs one native separation to its end. */
export function runSeparation(native: NativeModule, spec: NativeSeparationSpec, onProgress: (event: SeparationProgressEvent) => void, signal?: AbortSignal, onStart: (job: NativeJob) => void = () => undefined): Promise<SeparationDone> {
  const start = (onEvent: OnEvent): NativeJob => {
    const job = native.startSeparation(spec, onEvent);
    onStart(job);
    return job;
  };
  return runToEnd(start, onProgress, signal);
}

/** Runs a native job to its end. After an abort it waits until the engine has let go of the tracks. */
export function runToEnd(start: (onEvent: OnEvent) => Pick<NativeJob, 'cancel'>, onProgress: (event: SeparationProgressEvent) => void, signal?: AbortSignal): Promise<SeparationDone> {
  return new Promise((resolve, reject) => {
    const job = start((event) => {
      if (event.type === 'progress') {
        onProgress(event);
        return;
      }
      signal?.removeEventListener('abort', cancel);
      switch (event.type) {
        case 'done':
          resolve(event);
          break;
        case 'failed':
          reject(nativeFault(event.code, event.message));
          break;
        case 'cancelled':
          reject(cancelled());
          break;
      }
    });
    const cancel = (): void => {
      job.cancel();
    };
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted === true) {
      cancel();
    }
  });
}

/** Streams f32le bytes into a new track. @param onBytes called with the number of bytes so far */
export async function fillTrack<R>(
  native: NativeModule,
  track: { path: string; channels: number },
  chunks: AsyncGenerator<Buffer, R>,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<{ stats: Awaited<ReturnType<ReturnType<NativeModule['createTrack']>['finish']>>; result: R }> {
  const writer = native.createTrack(track.path, track.channels);
  try {
    let bytes = 0;
    let step = await chunks.next();
    while (step.done !== true) {
      await writer.append(step.value);
      bytes += step.value.length;
      onBytes(bytes);
      step = await chunks.next();
    }
    return { stats: await writer.finish(), result: step.value };
  } finally {
    await chunks.return(undefined as R);
    writer.dispose();
  }
}
