import { printable, StemwrightError } from '../contract/errors.ts';

export const DAMAGED = 'The file is damaged or not what its name says: download or copy it again.';

export const SUPPORTED = 'Supported are Demucs v4 (HTDemucs) models: safetensors files, .th packages and bags of them.';

/** A model file that cannot be used. `what` follows the file's name, `hint` says what to do; each is one line. */
export function modelFault(path: string, what: string, hint: string): StemwrightError {
  return new StemwrightError('model', `${printable(path)}: ${what}`, hint);
}

/** Text from inside a file for a message: of bounded length, nothing in it that a terminal would obey. */
export function quoted(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return `"${cut.replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`)}"`;
}
