// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import type { Meters, MonitorState } from '../../store/types.ts';
import { testStudio } from '../testing.tsx';
import { LaneMeter } from './Strip.tsx';

afterEach(cleanup);

it('says RMS and true peak of its track, and of the mix, under the pointer', () => {
  const levels = (gain: number): Meters['master'] => ({ peak: [gain, gain], rms: [gain / 10, 0], truePeak: gain });
  const meters = { strips: [levels(0.1), levels(0.5)], master: levels(1) } as Meters;
  const { Provider } = testStudio({ monitor: { tracks: [{ name: 'drums' }, { name: 'bass' }] } as unknown as MonitorState, soundLoad: () => meters });
  render(<Provider><LaneMeter track="bass" label="Bass" /><LaneMeter label="Mix" /></Provider>);
  for (const name of ['Bass', 'Mix']) fireEvent.pointerMove(screen.getByRole('img', { name }));
  expect(screen.getByRole('img', { name: 'Bass' }).title).toBe('RMS −26.0 dB, true peak −6.0 dBTP');
  expect(screen.getByRole('img', { name: 'Mix' }).title).toBe('RMS −20.0 dB, true peak 0.0 dBTP');
});
