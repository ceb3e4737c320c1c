// @vitest-environment jsdom
import { afterEach, expect, it, vi } from 'vitest';
import { MenuCommand } from '../../../electron/contract/desktop.ts';
import { createStudio } from '../../store/studio.ts';
import { FakeClient, FakePlayer } from '../../store/testing.ts';
import { runCommand } from './commands.ts';
import { keyActions } from './keys.ts';

afterEach(() => {
  document.body.replaceChildren();
});

const actions = keyActions({ choose: vi.fn() });
const state = () => createStudio(new FakeClient({}), new FakePlayer()).getState();

it.each(MenuCommand.options)('%s is done by one of the keys', (command) => {
  const runs = actions.map((action) => ({ ...action, run: vi.fn() }));
  runCommand(command, runs, state());
  expect(runs.filter(({ run }) => run.mock.calls.length === 1)).toHaveLength(1);
  expect(runs.flatMap(({ run }) => run.mock.calls)).toHaveLength(1);
});

it('undo and redo differ by Shift', () => {
  const runs = actions.map((action) => ({ ...action, run: vi.fn() }));
  runCommand('undo', runs, state());
  runCommand('redo', runs, state());
  expect(runs.flatMap(({ run }) => run.mock.calls).map(([, event]) => (event as KeyboardEvent).shiftKey)).toEqual([false, true]);
});

it('nothing is done behind a dialog, and nothing undone while one types', () => {
  const runs = actions.map((action) => ({ ...action, run: vi.fn() }));
  const input = document.body.appendChild(document.createElement('input'));
  input.focus();
  runCommand('undo', runs, state());
  runCommand('redo', runs, state());
  document.body.appendChild(document.createElement('div')).setAttribute('role', 'dialog');
  runCommand('export', runs, state());
  expect(runs.flatMap(({ run }) => run.mock.calls)).toEqual([]);
});
