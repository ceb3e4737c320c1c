// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { defaultQueueOptions } from '../../../electron/contract/queue.ts';
import type { ItemState, QueueItem } from '../../store/types.ts';
import { testStudio } from '../testing.tsx';
import { JobBar } from './JobBar.tsx';

afterEach(cleanup);

const id = '44444444-4444-4444-8444-444444444444';

function show(state: ItemState): void {
  const item: QueueItem = { id, path: '/song.flac', title: 'Song', state, options: defaultQueueOptions, redo: null, addedAt: '', fault: null, project: null, warnings: [] };
  render(<JobBar />, { wrapper: testStudio({ items: [item], shown: { kind: 'item', id }, isActive: false }).Provider });
}

it('a song that waits can be begun', () => {
  show('waiting');
  expect(screen.getByText('Ready to separate')).toBeDefined();
  expect(screen.getByRole('button', { name: 'Separate' })).toBeDefined();
});

it.each(['done', 'failed', 'cancelled', 'interrupted'] as const)('a song that is %s does not wait', (state) => {
  show(state);
  expect(screen.queryByText(/Ready|Waits/)).toBeNull();
  expect(screen.queryByRole('button')).toBeNull();
});
