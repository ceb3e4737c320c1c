// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StudioStore } from '../../store/state.ts';
import { testStudio } from '../testing.tsx';
import { Ruler } from './Ruler.tsx';

let store: StudioStore;

beforeEach(() => {
  vi.stubGlobal('ResizeObserver', class { observe(): void { /* no size changes here */ } disconnect(): void { /* nor here */ } });
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  HTMLElement.prototype.setPointerCapture = () => undefined;
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockReturnValue({ left: 0, width: 1000 } as DOMRect);
  const studio = testStudio({
    song: { title: '', detail: '', seconds: 100, rate: 100, channels: 2, frames: 10_000, lanes: [], finished: [] },
    ...{ window: { start: 0, span: 100 }, loop: [20, 40], isLooping: true, markers: [{ id: 'a', seconds: 10, label: 'Verse' }] },
  });
  ({ store } = studio);
  render(<Ruler />, { wrapper: studio.Provider });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const ruler = (): HTMLElement => screen.getByRole('img', { name: /Time ruler/ });
const flag = (): HTMLElement => screen.getByRole('button', { name: /^Marker Verse/ });

describe('the ruler', () => {
  it('loops what is dragged over, whichever way', () => {
    fireEvent.pointerDown(ruler(), { clientX: 800, button: 0 });
    fireEvent.pointerMove(ruler(), { clientX: 802 });
    expect(store.getState().loop).toEqual([20, 40]);
    fireEvent.pointerMove(ruler(), { clientX: 600 });
    expect(store.getState().loop).toEqual([60, 80]);
  });

  it('moves the playhead on a press, and leaves the loop', () => {
    fireEvent.pointerDown(ruler(), { clientX: 500, button: 0 });
    fireEvent.pointerUp(ruler(), { clientX: 500 });
    expect(store.getState().position()).toBe(50);
    expect(store.getState().loop).toEqual([20, 40]);
  });
});

describe('an end of the loop', () => {
  it('moves by keys, and does not pass the other', () => {
    const start = screen.getByRole('slider', { name: 'Loop start' });
    fireEvent.keyDown(start, { key: 'ArrowRight', shiftKey: true });
    expect(store.getState().loop).toEqual([21, 40]);
    expect(start.getAttribute('aria-valuetext')).toBe('0:21.000');
    fireEvent.pointerDown(start, { clientX: 210 });
    fireEvent.pointerMove(start, { clientX: 900 });
    expect(store.getState().loop?.[0]).toBeCloseTo(39.9);
  });
});

describe('a marker', () => {
  it('jumps there on a press, and moves on a drag', () => {
    fireEvent.pointerDown(flag(), { clientX: 100 });
    fireEvent.pointerUp(flag(), { clientX: 100 });
    expect(store.getState().position()).toBe(10);
    fireEvent.pointerDown(flag(), { clientX: 100 });
    fireEvent.pointerMove(flag(), { clientX: 300 });
    fireEvent.pointerUp(flag(), { clientX: 300 });
    expect(store.getState().markers).toMatchObject([{ seconds: 30 }]);
    expect(store.getState().position()).toBe(10);
  });

  it('is named by F2, and keeps its name on Escape', () => {
    fireEvent.keyDown(flag(), { key: 'F2' });
    const field = screen.getByRole('textbox', { name: 'Name of Verse' });
    fireEvent.change(field, { target: { value: 'Bridge' } });
    fireEvent.keyDown(field, { key: 'Enter' });
    expect(store.getState().markers).toMatchObject([{ label: 'Bridge' }]);
    fireEvent.keyDown(screen.getByRole('button', { name: /^Marker Bridge/ }), { key: 'F2' });
    const again = screen.getByRole('textbox');
    fireEvent.change(again, { target: { value: 'Solo' } });
    fireEvent.keyDown(again, { key: 'Escape' });
    expect(store.getState().markers).toMatchObject([{ label: 'Bridge' }]);
  });

  it('goes on Delete, and says how to get it back', () => {
    fireEvent.keyDown(flag(), { key: 'Delete' });
    expect(store.getState()).toMatchObject({ markers: [], notices: [{ text: 'Verse was deleted.', action: { label: 'Undo' } }] });
  });
});
