import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ResponseCards } from '../../electron/contract/convolution.ts';
import { probe } from '../../electron/media/probe.ts';
import { decodeResponse } from '../../electron/media/response.ts';
import { root } from '../setup/paths.mjs';
import { feedbackDelayNetwork } from './network.ts';

const folder = join(root, 'assets', 'irs');
const { responses } = ResponseCards.parse(JSON.parse(readFileSync(join(folder, 'irs.json'), 'utf8')));

it('the card names every response in its folder, and no other', () => {
  expect(readdirSync(folder).sort()).toEqual(['irs.json', ...responses.map(({ file }) => file)].sort());
});

it.each(responses)('$name is what its card says, loud and free of an offset', async ({ file, channels, rate, seconds }) => {
  const info = await probe(join(folder, file));
  expect(info).toMatchObject({ codec: 'flac', channels, rate });
  const chunks: Buffer[] = [];
  for await (const chunk of decodeResponse(info, rate)) {
    chunks.push(chunk);
  }
  const samples = new Float32Array(Uint8Array.from(Buffer.concat(chunks)).buffer);
  expect(samples.length / channels / rate).toBeCloseTo(seconds, 4);
  const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  expect(peak).toBeCloseTo(0.5, 4);
  expect(Math.abs(samples.reduce((sum, x) => sum + x, 0) / samples.length)).toBeLessThan(0.002);
  expect(Math.abs(samples.at(-1) ?? 1)).toBeLessThan(1e-4);
});

it('a network is the same every time and falls by 60 dB in the time it was given', () => {
  const network = { delays: [0.01, 0.03], lowDecay: 0.4, highDecay: 0.4, diffusers: [37], inputs: 1, seconds: 0.5, seed: 3 } as const;
  const [left = new Float64Array()] = feedbackDelayNetwork(network);
  expect(feedbackDelayNetwork(network)[0]).toEqual(left);
  const level = (from: number) => 10 * Math.log10(left.slice(from, from + 4800).reduce((sum, x) => sum + x * x, 0));
  expect(level(4800) - level(14_400)).toBeGreaterThan(24);
  expect(level(4800) - level(14_400)).toBeLessThan(36);
});
