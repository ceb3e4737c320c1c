// @vitest-environment jsdom
import { cleanup, render } from '@testing-library/react';
import type { JSX } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useFrame, writeText } from './frame.ts';

let frame: FrameRequestCallback | null;
const reported = vi.fn();
beforeEach(() => {
  frame = null;
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => {
    frame = callback;
    return 1;
  });
  vi.stubGlobal('reportError', reported.mockClear());
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function pass(milliseconds: number): void {
  const due = frame;
  frame = null;
  due?.(milliseconds);
}

function Drawn({ draw }: { draw: (now: number) => void }): JSX.Element | null {
  useFrame(draw);
  return null;
}

it('draws all in one frame, in seconds, until none is left', () => {
  const draw = vi.fn();
  const { unmount } = render(<><Drawn draw={draw} /><Drawn draw={draw} /></>);
  pass(500);
  expect(draw.mock.calls).toEqual([[0.5], [0.5]]);
  unmount();
  pass(600);
  expect(frame).toBeNull();
});

it('what goes wrong in one is reported and stops no other', () => {
  const draw = vi.fn();
  const fault = new Error('no canvas');
  const broken = (): void => {
    throw fault;
  };
  render(<><Drawn draw={broken} /><Drawn draw={draw} /></>);
  pass(0);
  pass(1000);
  expect(draw.mock.calls).toEqual([[0], [1]]);
  expect(reported.mock.calls).toEqual([[fault], [fault]]);
});

it('text is written, in the text node that was there', () => {
  const element = document.createElement('span');
  writeText(element, '0:01.000');
  const [node] = element.childNodes;
  writeText(element, '0:02.000');
  expect(element.textContent).toBe('0:02.000');
  expect([...element.childNodes]).toEqual([node]);
});

it('text that says the same is left as it is', async () => {
  const element = document.createElement('span');
  writeText(element, '12 %');
  const changes: MutationRecord[] = [];
  const observer = new MutationObserver((records) => { changes.push(...records); });
  observer.observe(element, { characterData: true, childList: true, subtree: true });
  writeText(element, '12 %');
  await Promise.resolve();
  expect(changes).toEqual([]);
  writeText(element, '13 %');
  await Promise.resolve();
  expect(changes).toHaveLength(1);
});

it('text of an element that is not there is nothing', () => {
  expect(() => { writeText(null, 'x'); }).not.toThrow();
});
