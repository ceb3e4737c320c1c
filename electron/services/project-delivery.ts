import { mkdir, open, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '../contract/errors.ts';
import { ProjectFile, Title } from '../contract/project.ts';
import type { SeparationReport } from '../contract/separation.ts';
import type { NativeModule } from '../engine/native.ts';
import { extractCover } from '../media/cover.ts';
import { toDb } from './levels.ts';
import { coverName, original, residual, stemRefs, trackFile, trackRefs, type ProjectFolder, type TrackRef } from './project-folder.ts';
import type { SeparatedSong } from './separate.ts';

export interface ProjectIdentity {
  id: string;
  /** Null when the song's file goes with its place in the queue. */
  sourcePath: string | null;
}

/** Delivers stems as a project: 32-bit float tracks with their peaks, beside the song they were taken from. */
export function asProject(native: NativeModule, { id, sourcePath }: ProjectIdentity): (song: SeparatedSong) => Promise<SeparationReport> {
  return async (song) => {
    const { stems, frames, reference } = song;
    const { rate, channels } = reference;
    const result = song.folder.resultPath;
    await mkdir(join(result, 'stems'));
    const file = ProjectFile.parse({
      version: 1,
      id,
      title: titleFrom(song.name),
      createdAt: new Date().toISOString(),
      sourcePath,
      ...{ rate, channels, frames, stems: stems.map(({ name }) => name) },
    });
    await rename(reference.path, join(result, trackFile(original, 'f32')));
    for (const { name, path } of stems) {
      await rename(path, join(result, trackFile({ kind: 'stem', name }, 'f32')));
    }
    await writeResidual(native, result, file, song.signal);
    if (song.info.cover !== null && !(await extractCover(song.info, join(result, coverName), song.signal))) {
      song.warn('cover-skipped', 'the cover picture could not be copied');
    }
    const tracks = trackRefs(file);
    const step = song.steps('encode', tracks.length);
    for (const track of tracks) {
      const path = join(result, trackFile(track, 'f32'));
      await native.writePeaks({ track: path, channels });
      await Promise.all([flush(path), flush(join(result, trackFile(track, 'peaks')))]);
      step();
    }
    await writeFile(join(result, 'project.json'), `${JSON.stringify(file, null, 2)}\n`, { flush: true });
    return song.publish((folder) =>
      stems.map(({ name, peak }) => ({
        name,
        path: join(folder, trackFile({ kind: 'stem', name }, 'f32')),
        ...{ rate, channels, samples: frames },
        peakDb: toDb(peak),
        clippedSamples: 0,
      })),
    );
  };
}

/** Writes what the song has and no stem does. */
async function writeResidual(native: NativeModule, folder: string, { stems, channels }: ProjectFile, signal?: AbortSignal): Promise<void> {
  const inputs = [original, ...stemRefs(stems)].map((track) => ({ path: join(folder, trackFile(track, 'f32')), gain: track.kind === 'original' ? 1 : -1 }));
  await native.combineTracks({ inputs, channels, output: join(folder, trackFile(residual, 'f32')), signal });
}

/** Gives a project that an earlier version made the residual and the peaks that it lacks; what is missing stays so. */
export async function completeProject(native: NativeModule, { folder, file }: ProjectFolder): Promise<void> {
  const path = (track: TrackRef) => join(folder, trackFile(track, 'f32'));
  const exists = (track: TrackRef) => stat(path(track)).then(() => true, () => false);
  const found = await Promise.all(trackRefs(file).map(async (track) => ({ track, exists: await exists(track) })));
  const missing = found.filter((entry) => !entry.exists).map(({ track }) => track);
  if (missing.length === 1 && missing[0]?.kind === 'residual') {
    await writeResidual(native, folder, file);
    missing.pop();
  }
  for (const { track } of found.filter((entry) => !missing.includes(entry.track))) {
    await native.ensurePeaks({ track: path(track), channels: file.channels });
  }
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A file's name may hold what a title may not. */
function titleFrom(name: string): string {
  const title = Title.safeParse(printable(name).slice(0, 200));
  return title.success ? title.data : 'Untitled';
}
