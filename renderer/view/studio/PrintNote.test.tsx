// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import type { StudioState } from '../../store/state.ts';
import { projectOf, testStudio } from '../testing.tsx';
import { PrintNote } from './PrintNote.tsx';

const task = '44444444-4444-4444-8444-444444444444';
const lane = (name: string, isPrint: boolean) => ({ name, isPrint, source: null });
const song = { title: '', detail: '', seconds: 10, rate: 100, channels: 2, frames: 1000, lanes: [lane('drums', false), lane('Wet drums', true)], finished: [] };

function show(change: Partial<StudioState> = {}): ReturnType<typeof testStudio> {
  const studio = testStudio({ song, finished: projectOf({ stalePrints: ['Wet drums'] }), ...change }, { 'projects.printAgain': () => ({ task }), 'projects.removePrint': () => projectOf() });
  render(
    <>
      <PrintNote name="drums" />
      <PrintNote name="Wet drums" />
    </>,
    { wrapper: studio.Provider },
  );
  return studio;
}
const asked = ({ client }: ReturnType<typeof testStudio>): unknown[] => client.asked.filter(([channel]) => channel.startsWith('projects.') && channel.includes('rint'));
const { id } = projectOf();

afterEach(cleanup);

describe('a print', () => {
  it('that is out of date says so, and is printed again', () => {
    const studio = show();
    expect(screen.getAllByText(/^Out of date/)).toHaveLength(1);
    fireEvent.click(screen.getByRole('button', { name: 'Print again' }));
    expect(asked(studio)).toEqual([['projects.printAgain', { id, name: 'Wet drums' }]]);
  });

  it('is not printed twice at once', () => {
    show({ tasks: [{ id: task, kind: 'print', subject: 'Wet drums', state: 'running', fraction: 0.5, detail: '', fault: null, folder: null, download: null }] });
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Printing' }).disabled).toBe(true);
  });

  it('is removed unless it is to be kept after all', async () => {
    const studio = show();
    studio.store.getState().removePrint('Wet drums');
    const notice = () => studio.store.getState().notices.at(-1);
    studio.store.getState().dismiss(notice()?.id ?? -1, true);
    expect(asked(studio)).toEqual([]);
    studio.store.getState().removePrint('Wet drums');
    studio.store.getState().dismiss(notice()?.id ?? -1);
    await Promise.resolve();
    expect(asked(studio)).toEqual([['projects.removePrint', { id, name: 'Wet drums' }]]);
  });

  it('alone has things that can be done with it', () => {
    show();
    expect(screen.getAllByRole('button', { name: /^What to do with/ }).map((button) => button.getAttribute('aria-label'))).toEqual(['What to do with Wet drums']);
  });
});
