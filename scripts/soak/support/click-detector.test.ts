import { expect, it } from 'vitest';
import { ClickDetector } from './click-detector.ts';

const tone = (start: number, frames: number, step = 0): Float32Array =>
  Float32Array.from({ length: 2 * frames }, (_, i) => 0.4 * Math.sin((2 * Math.PI * 220 * (start + Math.floor(i / 2))) / 48_000) + step);

it('hears a step of a few hundredths, and none in tones, whatever pieces they come in', () => {
  const smooth = new ClickDetector();
  smooth.listen(tone(0, 1000));
  smooth.listen(tone(1000, 77));
  smooth.listen(tone(1077, 2000));
  expect(smooth.count).toBe(0);
  // Where it begins.
  expect(smooth.sharpest).toBeLessThan(0.012);
  const broken = new ClickDetector();
  broken.listen(tone(0, 1000));
  broken.listen(tone(1000, 1000, 0.03));
  expect(broken.count).toBe(4);
});
