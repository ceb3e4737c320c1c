// @vitest-environment jsdom
import { cleanup, createEvent, fireEvent, render, screen } from '@testing-library/react';
import type { JSX } from 'react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testStudio } from '../testing.tsx';
import { useDrop } from './use-drop.ts';

function Target(): JSX.Element {
  return <p>{useDrop() ? 'over' : 'away'}</p>;
}

type DragName = 'dragEnter' | 'dragOver' | 'dragLeave';

/** @returns whether the page took it: what it does not take at last, the browser does not drop */
function drag(name: DragName, types: string[]): boolean {
  const event = createEvent[name](document.body);
  Object.defineProperties(event, { dataTransfer: { value: { types } }, relatedTarget: { value: null } });
  fireEvent(document.body, event);
  return event.defaultPrevented;
}

describe('what is dragged over the page', () => {
  beforeEach(() => {
    render(<Target />, { wrapper: testStudio({}).Provider });
  });
  afterEach(cleanup);

  // The latter where what lies under the pointer has just been replaced.
  it.each(['dragOver', 'dragEnter'] as const)('is taken when it holds files: %s', (name) => {
    expect(drag(name, ['Files'])).toBe(true);
    expect(screen.getByText('over')).toBeTruthy();
    drag('dragLeave', ['Files']);
    expect(screen.getByText('away')).toBeTruthy();
  });

  it.each(['dragOver', 'dragEnter'] as const)('is left alone when it is text: %s', (name) => {
    expect(drag(name, ['text/plain'])).toBe(false);
    expect(screen.getByText('away')).toBeTruthy();
  });
});
