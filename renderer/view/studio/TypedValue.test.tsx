// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { parseDb } from '../../units/levels.ts';
import { TypedValue } from './TypedValue.tsx';

afterEach(cleanup);

it.each([
  ['-3', 'Enter', -3],
  ['-inf', 'Enter', -Infinity],
  ['loud', 'Enter', null],
  ['-3', 'Escape', null],
])('%j and %s: %s', (text, key, value) => {
  const onChange = vi.fn();
  render(<TypedValue label="Bass level" text="0.0 dB" parse={parseDb} onChange={onChange} />);
  fireEvent.click(screen.getByRole('button', { name: 'Type Bass level, now 0.0 dB' }));
  const field = screen.getByRole('textbox', { name: 'Bass level' });
  fireEvent.change(field, { target: { value: text } });
  expect(field.getAttribute('aria-invalid')).toBe(String(text === 'loud'));
  fireEvent.keyDown(field, { key });
  expect(onChange.mock.calls).toEqual(value === null ? [] : [[value]]);
  expect(screen.queryByRole('textbox')).toBeNull();
});
