import { beforeEach, describe, expect, it } from 'vitest';
import { SampleRing } from './sample-ring.ts';

const rate = 1000;
let ring: SampleRing;
let written: number;

/** Frames whose left is their own number, counted from 1, and whose right is the negative of that. */
function write(frames: number): void {
  ring.write(Float32Array.from({ length: 2 * frames }, (_, index) => (index % 2 === 0 ? 1 : -1) * (written + 1 + (index >> 1))));
  written += frames;
}

function read(frames: number): number[] {
  const [left, right] = [new Float32Array(frames), new Float32Array(frames)];
  ring.read(left, right);
  expect(right.every((value, index) => value + (left[index] ?? NaN) === 0)).toBe(true);
  return [...left];
}

const count = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

beforeEach(() => {
  ring = new SampleRing(rate, 0.1);
  written = 0;
});

describe('sound', () => {
  it('begins once enough lies ready, and comes out as it went in', () => {
    write(99);
    expect(read(10)).toEqual(new Array(10).fill(0));
    write(200);
    // The first frames are faded in.
    expect(read(64).at(-1)).toBe(64);
    expect(read(100)).toEqual(count(65, 165));
    expect([ring.frames, ring.underruns]).toEqual([135, 0]);
  });

  it('goes on for as long as it is fed', () => {
    const heard: number[] = [];
    write(150);
    for (let turn = 0; turn < 1000; turn++) {
      heard.push(...read(100));
      write(100);
    }
    expect(heard.slice(64)).toEqual(count(65, 100_001));
  });

  it('falls silent without a click when it runs out, and waits for more than before', () => {
    write(100);
    const heard = read(200);
    expect(heard[99]).toBe(100);
    const steps = heard.slice(100).map((value, index) => Math.abs(value - (heard[99 + index] ?? 0)));
    expect(Math.max(...steps)).toBeLessThan(3);
    expect(heard.at(-1)).toBe(0);
    expect([ring.underruns, ring.wanted]).toEqual([1, 150]);
    write(149);
    expect(read(10)).toEqual(new Array(10).fill(0));
    write(1);
    expect(read(64).at(-1)).toBe(164);
  });

  it('wants no more than is bearable', () => {
    for (let turn = 0; turn < 20; turn++) {
      write(1000);
      read(1000);
      read(200);
    }
    expect(ring.wanted).toBe(600);
  });

  it('skips what is too old, and never holds more than fits', () => {
    write(100_000);
    expect(ring.frames).toBe(3000);
    const heard = read(100);
    expect(ring.frames).toBe(0);
    expect(heard.at(-1)).toBe(3000);
  });
});
