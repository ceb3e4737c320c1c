import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { StemwrightError } from '../contract/errors.ts';
import type { NativeModule } from './native.ts';
import { unpacked } from './unpacked.ts';

const addonPath = unpacked(fileURLToPath(new URL('../../build/release/native/addon/stemwright.node', import.meta.url)));

/** Loads the engine. The only place that requires the addon. */
export function loadNative(path: string = addonPath): NativeModule {
  let native: NativeModule;
  try {
    native = createRequire(import.meta.url)(path) as NativeModule;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new StemwrightError('internal', `the engine cannot be loaded: ${reason}`, 'Build it with `npm run build:native`.', {
      cause: error,
    });
  }
  const { isaOverrideError } = native.info();
  if (isaOverrideError !== '') {
    throw new StemwrightError('usage', isaOverrideError, 'Unset STEMWRIGHT_ISA, or name a level this processor has.');
  }
  return native;
}
