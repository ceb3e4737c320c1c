import { describe, expect, it } from 'vitest';
import { songFolderName } from './output-name.ts';

const family = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}';

describe('the folder of a song', () => {
  it.each([
    ['song', 1, 'song'],
    ['song', 2, 'song (2)'],
    ['caf\u00e9', 1, 'caf\u00e9'],
    ['line\nbreak "q"', 1, 'line\nbreak "q"'],
    ['', 1, 'song'],
    ['..', 1, 'song'],
    ['..', 3, 'song (3)'],
    ['.hidden', 1, '.hidden'],
  ])('%j, copy %i', (song, copy, name) => {
    expect(songFolderName(song, copy, 'linux')).toBe(name);
  });

  it('fits into 255 bytes without half a character', () => {
    expect(songFolderName('n'.repeat(255), 1, 'linux')).toBe('n'.repeat(255));
    expect(songFolderName('n'.repeat(255), 12, 'linux')).toBe(`${'n'.repeat(250)} (12)`);
    expect(songFolderName('\u00e9'.repeat(127), 2, 'linux')).toBe(`${'\u00e9'.repeat(125)} (2)`);
    expect(songFolderName(family.repeat(15), 1, 'linux')).toBe(family.repeat(14));
  });

  it.each([
    ['a:b?c', 'a_b_c'],
    ['ends with dots..', 'ends with dots'],
    ['con', '_con'],
    ['COM1.live', '_COM1.live'],
  ])('on Windows: %j', (song, name) => {
    expect(songFolderName(song, 1, 'win32')).toBe(name);
  });
});
