import { join } from 'node:path';
import { printable, StemwrightError } from '../contract/errors.ts';
import type { ExportSpec, Project } from '../contract/project.ts';
import { describeNetwork } from './models.ts';
import { completeProject } from './project-delivery.ts';
import { exportProject } from './project-export.ts';
import { checkSameSong, writeStemFile } from './project-files.ts';
import { original, trackFile, type ProjectFolder } from './project-folder.ts';
import { checkAgain, checkPrint, printAgain, printTrack, removePrint, type PrintJob } from './project-print.ts';
import { ProjectRhythms } from './project-rhythm.ts';
import { checkRedo } from './redo.ts';
import { defaultThreads, revealFolder, type Part, type Services } from './services.ts';

/** One function for each request about projects. They throw StemwrightErrors. */
export function projectHandlers(services: Services): Part<'projects'> {
  const { native, library, edits, system, emit, tasks, queue, predictor, monitor, responses } = services;
  const rhythms = new ProjectRhythms(native);
  const exporting = new Set<ExportSpec>();
  const open = async (id: string): Promise<Project> => {
    await completeProject(native, await library.find(id));
    return library.open(id, edits);
  };
  const change = (id: string, work: (project: ProjectFolder) => Promise<void>): Promise<Project> => {
    if ([...exporting].some(({ project }) => project === id)) {
      throw new StemwrightError('usage', 'the project is being exported', 'Wait until that is done, or cancel it.');
    }
    return library.withTracks(id, work).then(async () => {
      await monitor.refresh(id);
      return open(id);
    });
  };
  const printing = (id: string, name: string, work: (project: ProjectFolder, job: PrintJob) => Promise<void>): { task: string } => {
    const task = tasks.start('print', name, async ({ signal, update }) => {
      await library.withTracks(id, async (project) => {
        const { list } = await edits.state(project);
        await work(project, { native, responses, edits: list, signal, onProgress: (fraction) => { update(fraction, ''); } });
      });
      emit('library', null);
      return {};
    });
    return { task };
  };
  return {
    'projects.list': () => library.list(),
    'projects.open': ({ id }) => open(id),
    'projects.rename': async ({ id, title }) => {
      await library.rename(id, title);
      emit('library', null);
      return null;
    },
    'projects.delete': async ({ id }) => {
      if (system.trash === undefined) {
        throw new StemwrightError('usage', 'this shell cannot reach the trash', `Delete the folder by hand: ${printable((await library.find(id)).folder)}`);
      }
      if (queue.get().items.some(({ redo, state }) => redo?.project === id && state === 'running')) {
        throw new StemwrightError('usage', 'a part of the project is being done anew', 'Cancel that first.');
      }
      await monitor.unload(id);
      await library.delete(id, system.trash);
      emit('library', null);
      return null;
    },
    'projects.reveal': async ({ id }) => {
      await revealFolder(system, (await library.find(id)).folder);
      return null;
    },
    'projects.planRedo': async ({ id, start, end, options }) => {
      const { rate } = (await library.find(id)).file;
      const threads = options.threads ?? defaultThreads(services);
      const { memory } = await predictor.facts(options, threads);
      // Segments that reach into it from either side are computed too.
      const seconds = Math.max(0, end - start) / rate + 2 * options.overlap * memory.segmentSeconds;
      return predictor.time(options, threads, seconds) ?? { seconds: null, isRough: false };
    },
    'projects.redo': async ({ id, start, end, stems, options }) => {
      const { folder, file } = await library.find(id);
      const { sources } = await describeNetwork(services.modelStore, options.model);
      checkRedo({ start, end, stems }, file, sources);
      const path = join(folder, trackFile(original, 'f32'));
      return queue.addRedo({ path, title: file.title }, { project: id, start, end, stems }, options);
    },
    'projects.undo': ({ id }) => change(id, (project) => edits.undo(project)),
    'projects.reapply': ({ id }) => change(id, (project) => edits.reapply(project)),
    'projects.saveMix': async ({ id, mix }) => {
      await library.saveMix(id, mix);
      return null;
    },
    'projects.relocate': async ({ id, path }) => {
      await checkSameSong(await library.find(id), path);
      await library.relocate(id, path);
      emit('library', null);
      return open(id);
    },
    'projects.stemFile': async ({ id, stem }) => ({ path: await library.withTracks(id, (project) => writeStemFile(project, stem)) }),
    'projects.rhythm': async ({ id }) => rhythms.get(await library.find(id)),
    'projects.correctRhythm': async ({ id, correction }) => rhythms.correct(await library.find(id), correction),
    'projects.print': async ({ id, source, name }) => {
      checkPrint(await library.find(id), source, name);
      await monitor.saveEffects();
      return printing(id, name, (project, job) => printTrack(project, source, name, job));
    },
    'projects.printAgain': async ({ id, name }) => {
      await checkAgain(await library.find(id), name);
      return printing(id, name, async (project, job) => {
        await printAgain(project, name, job);
        await monitor.refresh(id);
      });
    },
    'projects.removePrint': ({ id, name }) => change(id, (project) => removePrint(project, name)),
    'projects.export': async (spec) => {
      const { file } = await library.find(spec.project);
      const task = tasks.start('export', file.title, async ({ id, signal, update }) => {
        const out = spec.folder ?? join(services.exportsFolder, id);
        exporting.add(spec);
        try {
          const folder = await library.withTracks(spec.project, (project) => exportProject(spec, { native, project, out, signal, onProgress: update }));
          return spec.folder === null ? { download: `downloads/${id}` } : { folder };
        } finally {
          exporting.delete(spec);
        }
      });
      return { task };
    },
  };
}
