import { expect, it } from 'vitest';
import { writableRate } from './formats.ts';
import { copyableTags } from './tags.ts';

it.each([
  ['wav24', 192_000, 192_000],
  ['flac', 44_100, 44_100],
  ['opus', 44_100, 48_000],
  ['opus', 96_000, 48_000],
  ['mp3', 44_100, 44_100],
  ['mp3', 96_000, 48_000],
  ['mp3', 9000, 11_025],
  ['m4a', 96_000, 96_000],
  ['m4a', 192_000, 96_000],
] as const)('%s at %i Hz is written at %i Hz', (format, wanted, written) => {
  expect(writableRate(format, wanted)).toBe(written);
});

it('copies the tags of the song, not those of the file', () => {
  const tags = { title: 'Song', ARTIST: 'Who', comment: 'a=b\nc', encoder: 'Lavf', major_brand: 'M4A ', replaygain_track_gain: '-7 dB', iTunSMPB: ' 0', 'n=ame': 'x', long: 'x'.repeat(9000) };
  expect(copyableTags(tags)).toEqual({ title: 'Song', ARTIST: 'Who', comment: 'a=b\nc' });
});
