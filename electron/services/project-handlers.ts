import { join } from 'node:path';
import { printable, StemwrightError } from '../contract/errors.ts';
import type { Project } from '../contract/project.ts';
import { completeProject } from './project-delivery.ts';
import { exportProject } from './project-export.ts';
import { checkSameSong, writeStemFile } from './project-files.ts';
import { revealFolder, type Part, type Services } from './services.ts';

/** One function for each request about projects. They throw StemwrightErrors. */
export function projectHandlers(services: Services): Part<'projects'> {
  const { native, library, system, emit, tasks } = services;
  const open = async (id: string): Promise<Project> => {
    await completeProject(native, await library.find(id));
    return library.open(id);
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
      await library.delete(id, system.trash);
      emit('library', null);
      return null;
    },
    'projects.reveal': async ({ id }) => {
      await revealFolder(system, (await library.find(id)).folder);
      return null;
    },
    'projects.redo': () => unbuilt(),
    'projects.undo': () => unbuilt(),
    'projects.reapply': () => unbuilt(),
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
    'projects.stemFile': async ({ id, stem }) => ({ path: await writeStemFile(await library.find(id), stem) }),
    'projects.export': async (spec) => {
      const { file } = await library.find(spec.project);
      const task = tasks.start('export', file.title, async ({ id, signal, update }) => {
        const out = spec.folder ?? join(services.exportsFolder, id);
        const folder = await exportProject(spec, { native, library, out, signal, onProgress: update });
        return spec.folder === null ? { download: `downloads/${id}` } : { folder };
      });
      return { task };
    },
  };
}

function unbuilt(): never {
  throw new StemwrightError('usage', 'parts cannot be done anew yet', 'Separate the song again.');
}
