// Makes the impulse responses of assets/irs, the same every time: `npx tsx scripts/make-irs.ts`.
// Whoever ran it has waived all rights to what comes out (CC0 1.0).
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ResponseCards } from '../electron/contract/convolution.ts';
import { floats, wave } from '../electron/media/testing.ts';
import { runTool } from '../electron/media/process.ts';
import { feedbackDelayNetwork } from './irs/network.ts';
import { imageSource } from './irs/room.ts';
import { finish, rate } from './irs/signal.ts';
import { springs } from './irs/spring.ts';

const target = fileURLToPath(new URL('../assets/irs/', import.meta.url));

interface Response {
  id: string;
  name: string;
  kind: 'room' | 'hall' | 'plate' | 'spring';
  made: string;
  channels: () => Float64Array[];
}

const responses: Response[] = [
  {
    id: 'room',
    name: 'Living room',
    kind: 'room',
    made: 'image sources in a box of 5.2 x 4.1 x 2.7 m, two ears 18 cm apart',
    channels: () => imageSource({ size: [5.2, 4.1, 2.7], source: [3.9, 2.3, 1.5], ears: [[1.6, 1.83, 1.4], [1.6, 2.01, 1.4]], reflection: 0.88, damping: 0.12, seconds: 0.5 }),
  },
  {
    id: 'tiles',
    name: 'Tiled room',
    kind: 'room',
    made: 'image sources in a box of 3.1 x 2.4 x 2.5 m with hard walls, two ears 18 cm apart',
    channels: () => imageSource({ size: [3.1, 2.4, 2.5], source: [2.2, 1.7, 1.6], ears: [[0.9, 0.97, 1.5], [0.9, 1.15, 1.5]], reflection: 0.95, damping: 0.04, seconds: 0.6 }),
  },
  {
    id: 'hall',
    name: 'Concert hall',
    kind: 'hall',
    made: 'a network of sixteen delays behind four diffusers, from each side to each (true stereo)',
    channels: () => feedbackDelayNetwork({ delays: [0.031, 0.097], lowDecay: 2.6, highDecay: 0.5, diffusers: [241, 557, 1103, 1733], inputs: 2, seconds: 2.6, seed: 11 }),
  },
  {
    id: 'plate',
    name: 'Plate',
    kind: 'plate',
    made: 'a network of sixteen short delays behind four diffusers',
    channels: () => feedbackDelayNetwork({ delays: [0.004, 0.019], lowDecay: 2, highDecay: 0.9, diffusers: [37, 89, 149, 211], inputs: 1, seconds: 1.8, seed: 5 }),
  },
  {
    id: 'spring',
    name: 'Spring tank',
    kind: 'spring',
    made: 'two chains of eighty stretched all-passes in loops of 37 and 44 ms',
    channels: () => [
      springs(
        [
          { roundTrip: 0.037, decay: 2.2, allPasses: 80, corner: 4300, gain: 1 },
          { roundTrip: 0.0441, decay: 2.5, allPasses: 80, corner: 3900, gain: 0.8 },
        ],
        2,
      ),
    ],
  },
];

async function writeFlac(path: string, channels: readonly Float64Array[], folder: string): Promise<void> {
  const raw = join(folder, 'response.wav');
  const data = floats(channels[0]?.length ?? 0, channels.length, (frame, channel) => channels[channel]?.[frame] ?? 0);
  await writeFile(raw, wave(data, { channels: channels.length, rate }));
  // FLAC knows one layout of four channels.
  const layout = channels.length === 4 ? 'channelmap=0|1|2|3:quad,' : '';
  const { ok, errors } = await runTool('ffmpeg', [
    ...['-nostdin', '-y', '-loglevel', 'error', '-i', `file:${raw}`, '-af', `${layout}aresample=osf=s32:output_sample_bits=24`, '-c:a', 'flac', '-bits_per_raw_sample', '24'],
    ...['-compression_level', '12', '-map_metadata', '-1', '-fflags', '+bitexact', '-flags:a', '+bitexact', `file:${path}`],
  ]);
  if (!ok || errors.length > 0) {
    throw new Error(errors.join(' '));
  }
}

const folder = await mkdtemp(join(tmpdir(), 'stemwright-irs-'));
try {
  await mkdir(target, { recursive: true });
  const cards = [];
  for (const { id, name, kind, made, channels } of responses) {
    const finished = finish(channels());
    await writeFlac(join(target, `${id}.flac`), finished, folder);
    cards.push({ id, file: `${id}.flac`, name, kind, channels: finished.length, rate, seconds: (finished[0]?.length ?? 0) / rate, licence: 'CC0-1.0', made });
  }
  const card = ResponseCards.parse({ version: 1, madeBy: 'scripts/make-irs.ts', responses: cards });
  await writeFile(join(target, 'irs.json'), `${JSON.stringify(card, null, 2)}\n`);
} finally {
  await rm(folder, { recursive: true });
}
