import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { file, thirdParty } from './third-party.mjs';

it('THIRD_PARTY.md is what the installed packages make it: else run `node scripts/third-party.mjs`', () => {
  expect(readFileSync(file, 'utf8')).toBe(thirdParty());
});

it('it holds the licence of everything that the page and the program are bundled from', () => {
  const text = thirdParty();
  for (const name of ['react 1', 'react-dom 1', 'scheduler 0', 'zod 4', 'zustand 5', 'yaml 2', 'ws 8', 'wavesurfer.js 8', '@internationalized/date 3']) {
    expect(text).toMatch(new RegExp(`^### .*${name.replaceAll('.', '\\.')}`, 'm'));
  }
  expect(text).toContain('Permission is hereby granted, free of charge');
  expect(text).toContain('Apache License');
  expect(text).not.toContain('{{');
});
