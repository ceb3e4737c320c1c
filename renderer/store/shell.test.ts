import { beforeEach, expect, it, vi } from 'vitest';
import type { StudioClient } from '../client/client.ts';
import type { Project } from '../client/contract.ts';
import type { StudioStore } from './state.ts';
import { createStudio } from './studio.ts';
import { FakeClient, FakePlayer } from './testing.ts';

/** A shell with a menu, which lets stems be dragged out. */
class Desktop extends FakeClient {
  override readonly seesPaths = true;
  readonly drags: string[][] = [];
  startDrag = (project: string, stem: string): void => {
    this.drags.push([project, stem]);
  };
}

let client: Desktop;
let store: StudioStore;
let made: () => void;
beforeEach(() => {
  client = new Desktop({ 'projects.stemFile': () => new Promise((resolve) => { made = () => { resolve({ path: '/x.wav' }); }; }) });
  store = createStudio(client, new FakePlayer());
  store.setState({ finished: { id: 'p' } as Project });
});

it('a stem is dragged once its file is there, while the pointer is held', async () => {
  store.getState().dragStem('drums', () => true);
  expect(client.drags).toEqual([]);
  made();
  await vi.waitFor(() => { expect(client.drags).toEqual([['p', 'drums']]); });
  expect(client.asked.at(-1)).toEqual(['projects.stemFile', { id: 'p', stem: 'drums' }]);
});

it('when that took too long, one is asked to drag again', async () => {
  store.getState().dragStem('lead_vocals', () => false);
  made();
  await vi.waitFor(() => { expect(store.getState().notices.at(-1)?.text).toBe('Lead vocals is ready as a file: drag it once more.'); });
  expect(client.drags).toEqual([]);
});

it('without a menu nothing is heard of it', () => {
  const heard = vi.fn();
  expect(store.getState().seesPaths).toBe(true);
  store.getState().onCommand(heard)();
  expect(heard).not.toHaveBeenCalled();
  const listening: Pick<StudioClient, 'onCommand'> = { onCommand: (listener) => { listener('play'); return () => undefined; } };
  createStudio(Object.assign(new Desktop({}), listening), new FakePlayer()).getState().onCommand(heard);
  expect(heard.mock.calls).toEqual([['play']]);
});
