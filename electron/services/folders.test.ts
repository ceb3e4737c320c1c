import { expect, it } from 'vitest';
import { userFolders } from './folders.ts';

it.each([
  [{}, 'linux', '/home/u/.local/share/stemwright', '/home/u/.config/stemwright'],
  [{ XDG_DATA_HOME: '/d', XDG_CONFIG_HOME: '/c' }, 'linux', '/d/stemwright', '/c/stemwright'],
  [{ XDG_DATA_HOME: 'relative' }, 'linux', '/home/u/.local/share/stemwright', '/home/u/.config/stemwright'],
  [{}, 'darwin', '/home/u/Library/Application Support/Stemwright', '/home/u/Library/Application Support/Stemwright'],
  [{ STEMWRIGHT_HOME: '/s', XDG_DATA_HOME: '/d' }, 'linux', '/s/data', '/s/config'],
  [{ STEMWRIGHT_HOME: '/s' }, 'darwin', '/s/data', '/s/config'],
] as const)('%j on %s', (env, platform, data, config) => {
  expect(userFolders(env, platform, '/home/u')).toEqual({ data, config });
});
