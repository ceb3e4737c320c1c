import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ResponseCards } from '../contract/convolution.ts';
import { printable, StemwrightError } from '../contract/errors.ts';
import type { Effect, ResponseList } from '../contract/monitor.ts';
import type { NativeModule } from '../engine/native.ts';
import { undecodable } from '../media/decode.ts';
import { probe } from '../media/probe.ts';
import { decodeResponse } from '../media/response.ts';
import { checkResponse } from './convolve.ts';
import { fillTrack } from './engine-run.ts';
import { assetsFolder } from './folders.ts';
import { parseJson } from './json-file.ts';

type Reverb = Extract<Effect, { kind: 'reverb' }>;

const folder = join(assetsFolder, 'irs');

async function cards(): Promise<(typeof ResponseCards)['_output']['responses']> {
  return ResponseCards.parse(parseJson(await readFile(join(folder, 'irs.json'), 'utf8'))).responses;
}

/** The impulse responses that come with the studio. */
export async function bundledResponses(): Promise<ResponseList> {
  return (await cards()).map(({ id, name, kind, channels, seconds }) => ({ id, name, kind, channels, seconds }));
}

/**
 * An impulse response as a track at `rate`.
 * @return its channels, and what `wet` is to be multiplied by
 * @throws StemwrightError 'usage' when there is none of that id, 'input' when the file is none
 */
export async function writeResponse(native: NativeModule, { response, normalize }: Reverb, rate: number, track: string): Promise<{ channels: number; gain: number }> {
  const info = await probe('path' in response ? response.path : await bundledPath(response.id));
  checkResponse(info);
  const { channels } = info;
  const { stats, result } = await fillTrack(native, { path: track, channels }, decodeResponse(info, rate));
  if (stats.frames === 0) {
    throw undecodable(info, result);
  }
  return { channels, gain: normalize === 'loudness' ? await native.responseGain({ track, channels, rate }) : 1 };
}

async function bundledPath(id: string): Promise<string> {
  const card = (await cards()).find((candidate) => candidate.id === id);
  if (card === undefined) {
    throw new StemwrightError('usage', `there is no impulse response "${printable(id)}"`, 'Choose another, or a file.');
  }
  return join(folder, card.file);
}
