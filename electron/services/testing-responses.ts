/** A library of responses in a folder of its own. */
import { join } from 'node:path';
import type { Effect, ReverbEffect } from '../contract/effects.ts';
import { plainResponse } from '../contract/effects.ts';
import type { NativeModule } from '../engine/native.ts';
import { ResponseStore } from './response-library.ts';
import { ResponseTracks } from './response-tracks.ts';

export function openTestResponses(folder: string, native: NativeModule, onChange: () => void = () => undefined): Promise<ResponseStore> {
  const own = join(folder, '.responses');
  return ResponseStore.open({ native, file: join(own, 'responses.json'), folder: join(own, 'imported'), tracks: new ResponseTracks(native, own), onChange });
}

export const limiter: Effect = { kind: 'limiter', isBypassed: false, ceilingDb: -1 };

/** Wet alone. */
export const reverb: ReverbEffect = {
  ...{ kind: 'reverb', isBypassed: false, response: { id: 'room' }, edit: plainResponse, mode: 'partitioned', blockSize: null, isThreaded: false, backend: 'cpu' },
  ...{ normalize: 'loudness', dryDb: null, wetDb: 0, isDryCompensated: false },
};
