import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { ResponseCards } from '../contract/convolution.ts';
import { printable, StemwrightError } from '../contract/errors.ts';
import { assetsFolder } from './folders.ts';
import { parseJson } from './json-file.ts';

type Card = z.infer<typeof ResponseCards>['responses'][number];

const folder = join(assetsFolder, 'irs');

/** The impulse responses that come with the studio. */
export async function bundledResponses(): Promise<Card[]> {
  return ResponseCards.parse(parseJson(await readFile(join(folder, 'irs.json'), 'utf8'))).responses;
}

/** @throws StemwrightError 'usage' when there is none of that id */
export async function bundledResponse(id: string): Promise<{ card: Card; path: string }> {
  const card = (await bundledResponses()).find((candidate) => candidate.id === id);
  if (card === undefined) {
    throw new StemwrightError('usage', `there is no impulse response "${printable(id)}"`, 'Choose another, or a file.');
  }
  return { card, path: join(folder, card.file) };
}
