import { ErrorCode, StemwrightError } from '../contract/errors.ts';

/** An engine fault as a StemwrightError; anything else is returned as it came. */
export function fromNative(error: unknown): unknown {
  if (error instanceof StemwrightError || !(error instanceof Error) || !('code' in error)) {
    return error;
  }
  return nativeCodes.has(String(error.code)) ? nativeFault(String(error.code), error.message, error) : error;
}

const nativeCodes = new Set(['invalid-argument', 'input', 'model', 'no-room', 'output', 'cancelled', 'internal']);

/** @param code one of the engine's codes; 'invalid-argument' is a mistake in the options. */
export function nativeFault(code: string, message: string, cause?: unknown): StemwrightError {
  const known = ErrorCode.safeParse(code === 'invalid-argument' ? 'usage' : code);
  return new StemwrightError(known.success ? known.data : 'internal', message, hints[code] ?? '', { cause });
}

const hints: Record<string, string> = {
  model: 'Check the file with `stemwright models verify`, or choose another model.',
  'no-room': 'Free some disk space or memory; a shorter --segment needs less memory.',
  output: 'Choose a folder you may write to with --out.',
};
