import { join } from 'node:path';
import type { SeparationOptions, SeparationReport } from '../contract/separation.ts';
import { coverAs, extractCover } from '../media/cover.ts';
import { encodeAll, type EncodeSpec } from '../media/encode.ts';
import { formatTraits } from '../media/formats.ts';
import { copyableTags } from '../media/tags.ts';
import { planWriting, toDb, type WritePlan } from './levels.ts';
import { forEachLimited, inGroups } from './limited.ts';
import type { SeparatedSong } from './separate.ts';
import type { Tracer } from './trace.ts';

type Delivery = (song: SeparatedSong) => Promise<SeparationReport>;

/** Delivers stems as plain audio files, `<stem>.<ext>`, with the song's tags and cover. */
export function asFiles({ format, clipMode }: Pick<SeparationOptions, 'format' | 'clipMode'>, tracer: Tracer, signal: AbortSignal): Delivery {
  return async (song) => {
    const { stems, frames } = song;
    const { rate, channels } = song.reference;
    const levels = { peak: Math.max(...stems.map(({ peak }) => peak)), overs: stems.reduce((sum, { overs }) => sum + overs, 0) };
    const plan = planWriting(format, clipMode, levels);
    if (plan.warning !== null) {
      song.warn(plan.warning.code, plan.warning.message);
    }
    await tracer.span('encode', () => encodeStems(song, plan, signal));
    return song.publish((path) =>
      stems.map(({ name, peak, overs }) => ({
        name,
        path: join(path, fileName(name, plan)),
        ...{ rate, channels, samples: frames },
        peakDb: toDb(peak),
        clippedSamples: plan.clipped ? overs : 0,
      })),
    );
  };
}

async function encodeStems(song: SeparatedSong, plan: WritePlan, signal: AbortSignal): Promise<void> {
  const cover = await coverFor(song, plan, signal);
  const tags = copyableTags(song.info.tags);
  const step = song.steps('encode', song.stems.length);
  const specs = song.stems.map(
    ({ name, path }): EncodeSpec => ({
      source: { ...song.reference, path },
      output: join(song.folder.resultPath, fileName(name, plan)),
      ...{ format: plan.format, gain: plan.gain, dither: 'triangular', tags, cover },
    }),
  );
  await forEachLimited(inGroups(specs, song.parallel), song.parallel, async (group) => {
    await encodeAll(group, signal);
    group.forEach(step);
  });
}

async function coverFor(song: SeparatedSong, plan: WritePlan, signal: AbortSignal): Promise<string | null> {
  const { cover } = formatTraits[plan.format];
  if (song.info.cover === null || cover === null) {
    return null;
  }
  const picture = song.folder.file('picture');
  const path = (await extractCover(song.info, picture, signal)) ? await coverAs(cover, picture, song.folder.file('cover')) : null;
  if (path !== null) {
    return path;
  }
  song.warn('cover-skipped', 'the cover picture could not be copied');
  return null;
}

function fileName(stem: string, plan: WritePlan): string {
  return `${stem}.${formatTraits[plan.format].extension}`;
}
