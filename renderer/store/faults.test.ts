import { expect, it } from 'vitest';
import { explain } from './faults.ts';

it('a fault is told with the name of the song, and its path only in the details', () => {
  const fault = { code: 'input', message: '/music/a/song.mp3: not audio', hint: 'Give another.' } as const;
  expect(explain(fault, '/music/a/song.mp3')).toEqual({ text: 'song.mp3: not audio.', hint: 'Give another.', details: '/music/a/song.mp3: not audio' });
  expect(explain(fault)).toEqual({ text: `${fault.message}.`, hint: fault.hint, details: '' });
});

it('what to do is told without the command line', () => {
  expect(explain({ code: 'no-room', message: '/out: no room left', hint: 'Free some space, or choose another folder with --out.' }).hint).toBe('Free some space, or choose a folder on another disk, then try again.');
  expect(explain({ code: 'model', message: 'model "a" has changed', hint: 'Remove it with `stemwright models remove a` and install it again.' }).hint).toContain('under Models');
  expect(explain({ code: 'output', message: '/out: cannot be written', hint: 'Choose a folder you may write to.' }).hint).toBe('Choose a folder you may write to.');
});

it('a defect of ours is told in plain words, with what it was folded away', () => {
  const told = explain({ code: 'internal', message: 'internal fault: x is not a function', hint: '' });
  expect(told.text).not.toContain('function');
  expect(told.details).toContain('x is not a function');
});
