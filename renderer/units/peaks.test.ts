import { describe, expect, it } from 'vitest';
import { columns, decodePeaks, drawingGain } from './peaks.ts';

/** A `.peaks` file whose level 0 is given, one (min, max) pair a peak, one channel; the RMS is the max. */
function peaksFile(finest: [number, number][], frames = finest.length * 256): ArrayBuffer {
  const levels = [finest];
  for (let last = finest; last.length > 1; ) {
    last = Array.from({ length: Math.ceil(last.length / 2) }, (_, index) => {
      const pair = last.slice(index * 2, index * 2 + 2);
      return [Math.min(...pair.map(([low]) => low)), Math.max(...pair.map(([, high]) => high))] as [number, number];
    });
    levels.push(last);
  }
  const values = levels.flat(2);
  const rms = levels.flat().map(([, high]) => high);
  const bytes = new ArrayBuffer(32 + values.length + rms.length);
  const view = new DataView(bytes);
  new Uint8Array(bytes).set(new TextEncoder().encode('SWPK'));
  view.setUint32(4, 2, true);
  view.setUint32(8, 1, true);
  view.setUint32(12, 256, true);
  view.setBigUint64(16, BigInt(frames), true);
  view.setUint32(24, levels.length, true);
  new Int8Array(bytes, 32, values.length).set(values);
  new Uint8Array(bytes, 32 + values.length).set(rms);
  return bytes;
}

const ramp = Array.from({ length: 64 }, (_, index): [number, number] => [-index, index * 2 > 127 ? 127 : index * 2]);

describe('a peaks file', () => {
  it('is read with all its levels', () => {
    const peaks = decodePeaks(peaksFile(ramp, 64 * 256 - 100));
    expect(peaks).toMatchObject({ channels: 1, framesPerPeak: 256, frames: 64 * 256 - 100 });
    expect(peaks.levels.map(({ length }) => length / 2)).toEqual([64, 32, 16, 8, 4, 2, 1]);
    expect([...(peaks.levels.at(-1) ?? [])]).toEqual([-63, 126]);
    expect(peaks.rms.map(({ length }) => length)).toEqual([64, 32, 16, 8, 4, 2, 1]);
  });

  it('is refused when it is something else, cut short, or of impossible size', () => {
    const file = peaksFile(ramp);
    expect(() => decodePeaks(new ArrayBuffer(10))).toThrow('no header');
    expect(() => decodePeaks(file.slice(0, 100))).toThrow('cut short');
    const other = file.slice(0);
    new DataView(other).setUint32(4, 3, true);
    expect(() => decodePeaks(other)).toThrow('version 1 or 2');
    const wide = file.slice(0);
    new DataView(wide).setUint32(8, 0, true);
    expect(() => decodePeaks(wide)).toThrow('impossible');
  });
});

describe('columns of a picture', () => {
  const peaks = decodePeaks(peaksFile(ramp));

  it('hold the extremes of their stretch, whatever level they are read from', () => {
    for (const count of [64, 32, 10, 4, 1]) {
      const out = columns(peaks, 0, (64 * 256) / count, count);
      expect(Math.min(...out.low)).toBeCloseTo(-63 / 127);
      expect(Math.max(...out.high)).toBeCloseTo(126 / 127);
    }
  });

  it('repeat a peak when zoomed in past it', () => {
    const out = columns(peaks, 10 * 256, 64, 4);
    expect([...out.low].map((value) => Math.round(value * 127))).toEqual([-10, -10, -10, -10]);
    expect([...out.high].map((value) => Math.round(value * 127))).toEqual([20, 20, 20, 20]);
  });

  it('average the power of their stretch', () => {
    const { rms } = columns(decodePeaks(peaksFile([[0, 30], [0, 40], [0, 0], [0, 0]])), 0, 3 * 128, 2);
    expect((rms[0] ?? 0) * 255).toBeCloseTo(30);
    expect(columns(peaks, 64 * 256, 256, 1).rms[0]).toBe(0);
  });

  it('are silent outside the track', () => {
    expect([...columns(peaks, 64 * 256, 256, 3).high]).toEqual([0, 0, 0]);
    expect(columns(peaks, -512, 256, 2).low[0]).toBe(0);
  });
});

it('a quiet track is drawn louder, in steps of 6 dB', () => {
  expect(drawingGain(decodePeaks(peaksFile([[-127, 100], [0, 3]])))).toBe(1);
  expect(drawingGain(decodePeaks(peaksFile([[-7, 5], [0, 3]])))).toBe(16);
  expect(drawingGain(decodePeaks(peaksFile([[0, 0], [0, 0]])))).toBe(1);
  expect(drawingGain(decodePeaks(peaksFile([[-1, 1], [0, 1]])))).toBeNull();
});
