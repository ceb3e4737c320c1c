import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { rendererFile } from './setup/paths.mjs';
import { filesUnder } from './setup/stamps.mjs';

it('the page stays small', () => {
  const files = filesUnder(dirname(rendererFile));
  expect(files.some((file) => file.endsWith('.js'))).toBe(true);
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);
  expect(bytes).toBeLessThan(450_000);
});
