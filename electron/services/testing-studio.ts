/** A studio around an engine that only pretends to compute, in folders of its own. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NativeModule } from '../engine/native.ts';
import { fakeNative } from '../engine/testing.ts';
import type { MediaInfo } from '../media/probe.ts';
import { JobFolder } from './job-folder.ts';
import { asProject } from './project-delivery.ts';
import type { SeparatedSong } from './separate.ts';
import { Studio, type System } from './studio.ts';

export interface TestStudio {
  studio: Studio;
  folder: string;
  data: string;
  trashed: string[];
  revealed: string[];
  log: string[];
  /** @return the project's id */
  addProject: (title?: string) => Promise<string>;
  close: () => Promise<void>;
}

/**
 * @param system what the shell can do; absent: one that notes what it is asked to trash and to reveal
 * @param engine what it does instead of only pretending
 */
export async function openTestStudio(system?: Omit<System, 'log'>, engine: Partial<NativeModule> = {}): Promise<TestStudio> {
  const folder = await mkdtemp(join(tmpdir(), 'stemwright-studio-'));
  const [trashed, revealed, log]: string[][] = [[], [], []];
  const data = join(folder, 'data');
  const note = (list: string[] | undefined) => (path: string) => {
    list?.push(path);
    return Promise.resolve();
  };
  const studio = await Studio.open({
    folders: { data, config: join(folder, 'config') },
    native: Object.assign(fakeNative(), engine),
    system: { ...(system ?? { shell: 'browser', trash: note(trashed), reveal: note(revealed) }), log: (line) => log?.push(line) },
  });
  return {
    ...{ studio, folder, data, trashed: trashed ?? [], revealed: revealed ?? [], log: log ?? [] },
    addProject: (title = 'A song') => writeProject(join(data, 'projects'), title),
    close: async () => {
      await studio.close();
      await rm(folder, { recursive: true });
    },
  };
}

const frames = 1000;

/** A project of two stems, each of `frames` frames that count up from 0. */
export async function writeProject(projects: string, title: string, { sourcePath = join(projects, '..', 'gone.wav') }: { sourcePath?: string | null } = {}): Promise<string> {
  const id = randomUUID();
  const job = await JobFolder.create(projects);
  const track = async (name: string) => {
    const path = job.file(`${name}.f32`);
    await writeFile(path, Buffer.from(Float32Array.from({ length: 2 * frames }, (_, i) => i / 4096).buffer));
    return path;
  };
  const stems = await Promise.all(['drums', 'lead vocals'].map(async (name) => ({ name, isWritten: true, path: await track(name), peak: 0.5, overs: 0 })));
  const song: SeparatedSong = {
    name: title,
    info: { cover: null } as MediaInfo,
    folder: job,
    signal: new AbortController().signal,
    reference: { path: await track('mix'), rate: 44_100, channels: 2 },
    frames,
    stems,
    parallel: 1,
    warn: () => undefined,
    steps: () => () => undefined,
    publish: (delivered) =>
      job.publish(title, async (path) => {
        const report = { ...emptyReport, stems: delivered(path) };
        await writeFile(join(job.resultPath, 'separation.json'), JSON.stringify(report));
        return report;
      }),
  };
  try {
    await asProject(fakeNative(), { id, sourcePath })(song);
  } finally {
    await job.remove();
  }
  return id;
}

const emptyReport = {
  version: 1 as const,
  input: { path: '/music/song.wav', rate: 44_100, channels: 2, samples: frames, tags: { title: 'A song' } },
  model: { id: 'house', sha256: '00', sources: ['drums', 'lead vocals'] },
  mode: 'full' as const,
  backend: 'cpu' as const,
  device: 'none',
  ...{ precision: 'fp32' as const, groupNorm: 'welford' as const },
  ...{ threads: 2, segmentSeconds: 6, overlap: 0.25, shifts: 0, exactSum: false, nullDepthDb: -100 },
  ...{ audioSeconds: 1, seconds: 1, loadSeconds: 0, realtimeFactor: 1, peakRssBytes: 1, warnings: [] },
};
