// @vitest-environment jsdom
import { cleanup, createEvent, fireEvent, render, screen } from '@testing-library/react';
import { useState, type JSX } from 'react';
import { afterEach, describe, expect, it } from 'vitest';
import { Fader, type Law } from './Fader.tsx';

const law: Law = {
  ...{ least: 0, most: 100, rest: 50 },
  toPosition: (value) => value / 100,
  toValue: (position) => position * 100,
  step: (value, steps) => Math.min(100, Math.max(0, value + steps)),
  spoken: (value) => `${value} percent`,
};

function Held(): JSX.Element {
  const [value, setValue] = useState(20);
  return <Fader label="Level" law={law} value={value} onChange={setValue} />;
}

function slider(): HTMLElement {
  render(<Held />);
  return screen.getByRole('slider', { name: 'Level' });
}

afterEach(cleanup);

describe('a fader', () => {
  it('says its value in words', () => {
    expect(slider().getAttribute('aria-valuetext')).toBe('20 percent');
  });

  it.each([
    ['ArrowUp', '21'],
    ['ArrowLeft', '19'],
    ['PageUp', '26'],
    ['Home', '0'],
    ['End', '100'],
    ['Backspace', '50'],
    ['x', '20'],
  ])('on %s is at %s', (key, value) => {
    const fader = slider();
    fireEvent.keyDown(fader, { key });
    expect(fader.getAttribute('aria-valuenow')).toBe(value);
  });

  it('goes back to rest on a double click', () => {
    const fader = slider();
    fireEvent.doubleClick(fader);
    expect(fader.getAttribute('aria-valuenow')).toBe('50');
  });

  it('turns with the wheel, and the page stays where it is', () => {
    const fader = slider();
    const turn = createEvent.wheel(fader, { deltaY: -100, cancelable: true });
    fireEvent(fader, turn);
    expect(turn.defaultPrevented).toBe(true);
    expect(fader.getAttribute('aria-valuenow')).toBe('21');
    fireEvent.wheel(fader, { deltaY: 100, shiftKey: true });
    expect(fader.getAttribute('aria-valuenow')).toBe('15');
  });
});
