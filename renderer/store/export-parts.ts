import type { Args, Project } from '../client/contract.ts';
import { inLaneOrder } from '../units/stems.ts';
import { heardGain, type Strips } from './strips.ts';

export const exportKinds = ['stems', 'mix', 'instrumental', 'acappella'] as const;
export type ExportKind = (typeof exportKinds)[number];

export type ExportPart = Args<'projects.export'>['parts'][number];

/** What a project has, and what its model could have given. */
type Sources = Pick<Project, 'stems'> & { report: { model: { sources: readonly string[] } } };

const singer = 'vocals';

/** @returns why a project cannot be exported so; null when it can */
export function exportProblem(kind: ExportKind, project: Sources, chosen: readonly string[], strips: Strips): string | null {
  const parts = exportParts(kind, project, chosen, strips);
  if (kind === 'stems') return parts.length === 0 ? 'Choose at least one stem.' : null;
  if (kind === 'mix') return parts.length === 0 ? 'Nothing can be heard: every lane is muted or silent.' : null;
  if (!project.stems.includes(singer)) return 'This song has no vocals stem.';
  const isWhole = project.report.model.sources.every((name) => project.stems.includes(name));
  return kind === 'instrumental' && !isWhole ? 'Some stems were left out when it was separated; all but the vocals are needed.' : null;
}

/** The files to write. Stems come as they were separated; only the mix takes faders, pan, mute and solo. */
export function exportParts(kind: ExportKind, { stems }: Sources, chosen: readonly string[], strips: Strips): ExportPart[] {
  const whole = (stem: string): ExportPart['inputs'][number] => ({ stem, gain: 1, pan: 0 });
  const sum = (name: string, inputs: ExportPart['inputs']): ExportPart[] => (inputs.length === 0 ? [] : [{ name, inputs }]);
  const others = stems.filter((name) => name !== singer);
  switch (kind) {
    case 'stems':
      return inLaneOrder(stems.filter((name) => chosen.includes(name))).map((name) => ({ name, inputs: [whole(name)] }));
    case 'mix':
      // The original and the residual can be heard too.
      return sum('mix', inLaneOrder(Object.keys(strips)).flatMap((stem) => {
        const gain = heardGain(strips, stem);
        return gain === 0 ? [] : [{ stem, gain, pan: strips[stem]?.pan ?? 0 }];
      }));
    case 'instrumental':
      return stems.includes(singer) ? sum('instrumental', others.map(whole)) : [];
    case 'acappella':
      return stems.includes(singer) ? sum('a cappella', [whole(singer)]) : [];
  }
}

/** As the services name them: nothing that would lead to another folder. */
function safe(name: string): string {
  return name.replaceAll(/[/\\\0]/g, '_');
}

export function exportNames(parts: readonly ExportPart[], pattern: string, song: string, extension: string): string[] {
  return parts.map(({ name }) => `${pattern.replaceAll('{song}', () => safe(song)).replaceAll('{stem}', () => safe(name))}.${extension}`);
}

/** @returns what is wrong with a pattern; null when it can be used */
export function patternProblem(pattern: string): string | null {
  if (!pattern.includes('{stem}')) return 'Put {stem} somewhere, so that each file has its own name.';
  if (/[/\\\p{Cc}]/u.test(pattern)) return 'A name cannot hold a slash.';
  return pattern.length > 100 ? 'At most 100 characters.' : null;
}

/** dBFS of the loudest sample of what is written; null where only writing it can tell, as of a sum. */
export function knownPeak(parts: readonly ExportPart[], report: Project['report']): { name: string; db: number } | null {
  const peaks = parts.flatMap(({ name, inputs }) => {
    const [only, ...others] = inputs;
    const db = report.stems.find((stem) => stem.name === only?.stem)?.peakDb;
    return others.length === 0 && only?.gain === 1 && typeof db === 'number' ? [{ name, db }] : [];
  });
  if (peaks.length < parts.length) return null;
  return peaks.sort((a, b) => b.db - a.db)[0] ?? null;
}
