import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Mix, ProjectFile, type ProjectSummary, type ProjectTrack } from '../contract/project.ts';
import { SeparationReport, StoredReport } from '../contract/separation.ts';
import { JsonFile, parseJson, writeAtomically } from './json-file.ts';

const projectName = 'project.json';
export const reportName = 'separation.json';
/** The song's cover picture as it was, where it had one. */
export const coverName = 'cover';

/** A project as its folder holds it. */
export interface ProjectFolder {
  folder: string;
  file: ProjectFile;
  report: SeparationReport;
}

export type TrackRef = Pick<ProjectTrack, 'kind' | 'name'>;

export const original: TrackRef = { kind: 'original', name: 'original' };
export const residual: TrackRef = { kind: 'residual', name: 'residual' };

export function stemRefs(stems: readonly string[]): TrackRef[] {
  return stems.map((name) => ({ kind: 'stem', name }));
}

export function print(name: string): TrackRef {
  return { kind: 'print', name };
}

/** The original, the stems, what was printed and the residual, in that order. */
export function trackRefs({ stems, prints = [] }: Pick<ProjectFile, 'stems' | 'prints'>): TrackRef[] {
  return [original, ...stemRefs(stems), ...prints.map(print), residual];
}

/** A track's place within its project's folder; `.peaks` lies beside `.f32`. */
export function trackFile({ kind, name }: TrackRef, ending: 'f32' | 'peaks'): string {
  return kind === 'stem' || kind === 'print' ? join(`${kind}s`, `${name}.${ending}`) : `${kind}.${ending}`;
}

/** @return what is wrong with the folder, in a line, when it cannot be read */
export async function readProject(folder: string): Promise<ProjectFolder | string> {
  const [file, report] = await Promise.all([readJson(join(folder, projectName), ProjectFile), readJson(join(folder, reportName), StoredReport)]);
  if (typeof file === 'string') {
    return `${projectName} ${file}`;
  }
  return typeof report === 'string' ? `${reportName} ${report}` : { folder, file, report };
}

async function readJson<T extends object>(path: string, schema: z.ZodType<T>): Promise<T | string> {
  const text = await readFile(path, 'utf8').catch(() => null);
  const parsed = schema.safeParse(parseJson(text ?? ''));
  return parsed.success ? parsed.data : `is ${text === null ? 'missing' : 'damaged, or from a newer version'}`;
}

/** @return null when there is none in the folder that can be read */
export async function readReport(folder: string): Promise<SeparationReport | null> {
  const report = await readJson(join(folder, reportName), StoredReport);
  return typeof report === 'string' ? null : report;
}

export function writeProjectFile(folder: string, file: ProjectFile): Promise<void> {
  return writeAtomically(join(folder, projectName), `${JSON.stringify(file, null, 2)}\n`);
}

export function writeReport(folder: string, report: SeparationReport): Promise<void> {
  return writeAtomically(join(folder, reportName), `${JSON.stringify(SeparationReport.parse(report), null, 2)}\n`);
}

/** How the project is heard, in a file of its own: it changes often, and losing it costs little. */
export function mixFile(folder: string): JsonFile<Mix & { version: 1 }> {
  return new JsonFile(join(folder, 'mix.json'), Mix.extend({ version: z.literal(1) }));
}

export async function summarise({ folder, file, report }: ProjectFolder): Promise<ProjectSummary> {
  const names = trackRefs(file).flatMap((track) => [trackFile(track, 'f32'), trackFile(track, 'peaks')]);
  const sizes = await Promise.all(names.map((name) => sizeOf(join(folder, name))));
  const source = file.sourcePath === null ? null : await stat(file.sourcePath).catch(() => null);
  return {
    id: file.id,
    title: file.title,
    createdAt: file.createdAt,
    seconds: file.frames / file.rate,
    stems: file.stems,
    model: report.model.id,
    bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
    sourcePath: file.sourcePath,
    sourceMissing: file.sourcePath !== null && source?.isFile() !== true,
    missing: names.filter((_, index) => sizes[index] === null),
  };
}

async function sizeOf(path: string): Promise<number | null> {
  const info = await stat(path).catch(() => null);
  return info?.isFile() === true ? info.size : null;
}
