// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ExportChoice } from '../../store/state.ts';
import type { Project } from '../../store/types.ts';
import { projectOf, testStudio } from '../testing.tsx';
import { ExportForm } from './ExportForm.tsx';

const onExport = vi.fn<(choice: ExportChoice) => Promise<void>>(() => Promise.resolve());

function show(change: Partial<Project> = {}): void {
  const project = projectOf(change);
  const { Provider } = testStudio({ finished: project });
  render(<ExportForm project={project} refusal={null} onExport={onExport} onClose={() => undefined} />, { wrapper: Provider });
}

const choose = (group: string, name: string): void => {
  fireEvent.click(within(screen.getByRole('radiogroup', { name: group })).getByRole('radio', { name }));
};
const submit = (): ExportChoice | undefined => {
  fireEvent.click(screen.getByRole('button', { name: /^Export/ }));
  return onExport.mock.lastCall?.[0];
};

afterEach(() => {
  cleanup();
  onExport.mockClear();
});

describe('the export form', () => {
  it('exports every stem as 24-bit WAV at first', () => {
    show();
    expect(submit()).toMatchObject({ kind: 'stems', stems: ['drums', 'bass', 'other', 'vocals'], format: 'wav24', rate: 'source', folder: null });
  });

  it('says the names as they are typed, and refuses a pattern without the stem', () => {
    show();
    const pattern = screen.getByRole('textbox', { name: 'Name pattern' });
    fireEvent.change(pattern, { target: { value: '{song} - {stem}' } });
    expect(screen.getByText(/Night Ferry - vocals\.wav/)).toBeTruthy();
    fireEvent.change(pattern, { target: { value: 'all' } });
    expect(submit()).toBeUndefined();
    expect(screen.getAllByText(/Put \{stem\} somewhere/).length).toBeGreaterThan(0);
  });

  it('names the files of another format by its ending, and has no dither where nothing is rounded', () => {
    show();
    expect(screen.getByRole('radiogroup', { name: 'Dither' })).toBeTruthy();
    choose('Format', 'MP3');
    expect(screen.getByText(/vocals\.mp3/)).toBeTruthy();
    expect(screen.queryByRole('radiogroup', { name: 'Dither' })).toBeNull();
  });

  it('asks what to do only when a stem passes full scale in integers', () => {
    show();
    expect(screen.queryByRole('radiogroup', { name: 'Beyond full scale' })).toBeNull();
    cleanup();
    const { report } = projectOf();
    show({ report: { ...report, stems: report.stems.map((stem) => (stem.name === 'drums' ? { ...stem, peakDb: 0.8 } : stem)) } });
    expect(screen.getByText(/Drums peaks at \+0\.8 dBFS and would clip in WAV 24/)).toBeTruthy();
    choose('Depth', '32 float');
    expect(screen.queryByRole('radiogroup', { name: 'Beyond full scale' })).toBeNull();
  });

  it('cannot make an instrumental without the other stems, and says why', () => {
    show({ stems: ['vocals'] });
    choose('What to export', 'Instrumental');
    expect(screen.getAllByText(/Some stems were left out/).length).toBeGreaterThan(0);
    expect(submit()).toBeUndefined();
  });

  it('wants a whole path for a folder', () => {
    show();
    choose('Where to', 'A folder');
    fireEvent.change(screen.getByRole('textbox', { name: 'Folder' }), { target: { value: 'Music' } });
    expect(submit()).toBeUndefined();
    fireEvent.change(screen.getByRole('textbox', { name: 'Folder' }), { target: { value: '"/music/out"' } });
    expect(submit()).toMatchObject({ folder: '/music/out' });
  });
});
