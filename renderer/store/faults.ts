import type { Fault } from '../client/contract.ts';
import { fileName } from '../units/paths.ts';

export interface Explained {
  text: string;
  hint: string;
  /** For those who look into it; empty when the text says it all. */
  details: string;
}

/** The services' hints may name the command line; what to do in the studio instead. */
const hints: Readonly<Record<Fault['code'], string>> = {
  usage: 'Look at the models under Models: what is there already must be removed first.',
  input: 'Check that it plays elsewhere.',
  model: 'Verify the model under Models, remove and install it again, or choose another.',
  'no-room': 'Free some space, or choose a folder on another disk, then try again.',
  output: 'Choose a folder that you may write to, then try again.',
  cancelled: '',
  internal: 'Try again. If it happens again, please report it.',
};
const namesCommandLine = /`|(?:^|\s)--[a-z]|command/;

/** @param path of the song that it happened to: its name stands for it, as an upload's path means nothing to anyone */
export function explain({ code, message, hint }: Fault, path = ''): Explained {
  if (code === 'internal' && message.startsWith('internal fault')) {
    return { text: 'Something went wrong inside Stemwright.', hint: 'Try again. If it happens again, please report it.', details: message };
  }
  const text = path === '' ? message : message.replaceAll(path, fileName(path));
  return { text: /[.!?]$/.test(text) ? text : `${text}.`, hint: namesCommandLine.test(hint) ? hints[code] : hint, details: text === message ? '' : message };
}
