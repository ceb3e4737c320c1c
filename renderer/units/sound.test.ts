import { expect, it } from 'vitest';
import { soundName } from './sound.ts';

it.each([
  [false, true, false, 'Scarlett 2i2'],
  [true, false, false, 'No sound device'],
  [true, true, false, 'Browser output'],
  [true, true, true, 'System output'],
])('sound is brought by: silent %s, page %s, desktop %s', (isSilent, isPageOutput, isDesktop, name) => {
  expect(soundName({ isSilent, device: 'Scarlett 2i2' }, isPageOutput, isDesktop)).toBe(name);
});
