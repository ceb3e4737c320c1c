import type { Fault } from '../client/contract.ts';
import { fileName } from '../units/paths.ts';

export interface Explained {
  text: string;
  hint: string;
  /** For those who look into it; empty when the text says it all. */
  details: string;
}

/** The hints of the services name options of the command line where a folder or a disk is at fault. */
const hints: Partial<Record<Fault['code'], string>> = {
  'no-room': 'Free some space, or choose a folder on another disk, then try again.',
  output: 'Choose a folder that you may write to, then try again.',
};

/** @param path of the song that it happened to: its name stands for it, as an upload's path means nothing to anyone */
export function explain({ code, message, hint }: Fault, path = ''): Explained {
  if (code === 'internal' && message.startsWith('internal fault')) {
    return { text: 'Something went wrong inside Stemwright.', hint: 'Try again. If it happens again, please report it.', details: message };
  }
  const text = path === '' ? message : message.replaceAll(path, fileName(path));
  return { text, hint: hints[code] ?? hint, details: text === message ? '' : message };
}
