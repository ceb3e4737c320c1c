import { expect, it } from 'vitest';
import type { SeparationProgress } from '../contract/separation.ts';
import { ProgressDisplay } from './progress.ts';

function record(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  return { written, stream: { isTTY, columns, write: (text: string) => written.push(text) } };
}

function at(fraction: number, etaSeconds: number | null = null): SeparationProgress {
  return { phase: 'separate', fraction, etaSeconds, finished: [] };
}

it('prints a line for each phase and each tenth where there is no terminal', () => {
  const { written, stream } = record(false);
  const display = new ProgressDisplay(stream, 'song.mp3');
  display.show({ phase: 'decode', fraction: 0.2, etaSeconds: null });
  display.show({ phase: 'decode', fraction: 0.7, etaSeconds: null });
  [0, 0.05, 0.11, 0.19, 0.2].forEach((fraction) => {
    display.show(at(fraction, 70));
  });
  expect(written).toEqual(['song.mp3: decode\n', 'song.mp3: separate 00 %, 1:10 left\n', 'song.mp3: separate 10 %, 1:10 left\n', 'song.mp3: separate 20 %, 1:10 left\n']);
});

it('draws a bar that fits the terminal, and takes it away', () => {
  const { written, stream } = record(true, 60);
  const display = new ProgressDisplay(stream, `${'long '.repeat(20)}.mp3`);
  display.show(at(0.5, 5));
  display.clear();
  display.clear();
  expect(written).toHaveLength(2);
  expect(written[0]).toContain('[############------------]  50 %, 0:05 left');
  expect(written[0]?.replace('\r\u001b[K', '').length).toBeLessThan(60);
  expect(written[1]).toBe('\r\u001b[K');
});

it('does not redraw more than ten times a second', () => {
  const { written, stream } = record(true);
  const display = new ProgressDisplay(stream, 'song.mp3');
  for (let i = 0; i < 1000; i++) {
    display.show(at(i / 1000));
  }
  expect(written.length).toBeLessThan(5);
});
