// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StudioState } from '../../store/state.ts';
import type { ModelDescriptor } from '../../store/types.ts';
import { projectOf, testStudio } from '../testing.tsx';
import { RegionPanel } from './RegionPanel.tsx';

const redo = { id: '22222222-2222-4222-8222-222222222222' };
const model = (id: string, sources: string[]) => ({ id, name: id, sources, modes: ['full'] }) as unknown as ModelDescriptor;

function show(change: Partial<StudioState> = {}): ReturnType<typeof testStudio> {
  const studio = testStudio(
    { finished: projectOf(), loop: [10, 20], selected: 'bass', isRegionOpen: true, models: [model('house', ['drums', 'bass', 'other', 'vocals'])], ...change },
    { 'projects.redo': () => redo, 'queue.start': () => null, 'projects.planRedo': () => ({ seconds: 30, isRough: true }) },
  );
  render(<RegionPanel />, { wrapper: studio.Provider });
  return studio;
}
const button = (): HTMLButtonElement => screen.getByRole('button', { name: 'Redo' });

afterEach(cleanup);

describe('the panel of a region', () => {
  it('says what it would take, from how this song went', () => {
    show();
    // 10 s and two overlaps of a segment, at 9.7 times real time.
    expect(screen.getByText(/^About 1 s, as this song went/)).toBeTruthy();
    fireEvent.click(screen.getByRole('radio', { name: '5' }));
    expect(screen.getByText(/^About 6 s/)).toBeTruthy();
  });

  it('says what was measured here of what the song was not separated with', async () => {
    const { client } = show();
    fireEvent.click(screen.getByRole('radio', { name: 'Time only' }));
    expect(await screen.findByText(/^Up to 30 s, as measured here/)).toBeTruthy();
    expect(client.asked).toContainEqual(['projects.planRedo', expect.objectContaining({ start: 480_000, end: 960_000, options: expect.objectContaining({ mode: 'time-only' }) as unknown })]);
  });

  it('sends what was chosen, and closes', async () => {
    const { client, store } = show();
    fireEvent.click(screen.getByRole('radio', { name: 'Bass' }));
    fireEvent.click(screen.getByRole('radio', { name: '50 %' }));
    fireEvent.click(button());
    expect(store.getState().isRegionOpen).toBe(false);
    await vi.waitFor(() => { expect(client.asked).toContainEqual(['queue.start', null]); });
    expect(client.asked).toContainEqual(['projects.redo', expect.objectContaining({ start: 480_000, end: 960_000, stems: ['bass'], options: expect.objectContaining({ overlap: 0.5, model: 'house' }) as unknown })]);
  });

  it('is refused for a model that lacks a stem, in words', () => {
    show({ models: [model('house', ['drums', 'bass'])] });
    expect(screen.getByText('This model does not give other, vocals.')).toBeTruthy();
    expect(button().disabled).toBe(true);
  });

  it('closes on Escape, and needs a loop to be open', () => {
    const { store } = show();
    fireEvent.keyDown(screen.getByRole('region', { name: 'Redo region' }), { key: 'Escape' });
    expect(store.getState().isRegionOpen).toBe(false);
    expect(screen.queryByRole('region')).toBeNull();
  });
});
