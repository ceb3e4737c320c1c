import type { ItemPlan, LiveTracks, Project } from '../client/contract.ts';
import { inLaneOrder } from '../units/stems.ts';
import type { Range } from '../units/ranges.ts';

export const originalName = 'original' as const;
/** What the song has and no stem does. */
export const residualName = 'residual' as const;

interface Source {
  samples: string;
  peaks: string;
  /** Of its tiles; null while the track is being written. */
  spectrum: string | null;
}

export interface Lane {
  name: string;
  /** Rendered from another through effects: no part of the sum. */
  isPrint: boolean;
  /** Where its data are; null until they are known. */
  source: Source | null;
}

/** What the lanes show: a song that waits, is being separated, or is done. */
export interface Song {
  title: string;
  /** A line on what the file is. */
  detail: string;
  seconds: number;
  /** Of the tracks; 0 until they are there. */
  rate: number;
  channels: number;
  frames: number;
  /** The original first, the residual last. */
  lanes: Lane[];
  /** Frames that are final, in order. */
  finished: readonly Range[];
}

function lanes(names: readonly string[], sources: ReadonlyMap<string, Source>, prints: readonly string[] = []): Lane[] {
  return [originalName, ...inLaneOrder(names.filter((name) => name !== originalName))].map((name) => ({ name, isPrint: prints.includes(name), source: sources.get(name) ?? null }));
}

const channelWords = ['', 'mono', 'stereo'];

function describe({ codec, rate, channels }: ItemPlan['media']): string {
  return `${codec.toUpperCase()}, ${Number((rate / 1000).toFixed(2))} kHz, ${channelWords[channels] ?? `${channels} channels`}`;
}

export function plannedSong({ media, stems }: ItemPlan): Song {
  const empty = { rate: 0, channels: 0, frames: 0, finished: [] };
  return { title: media.title, detail: describe(media), seconds: media.seconds ?? 0, lanes: lanes([...stems, residualName], new Map()), ...empty };
}

export function liveSong(title: string, detail: string, live: LiveTracks, finished: readonly Range[]): Song {
  const { rate, channels, frames, tracks } = live;
  const sources = new Map(tracks.map((track) => [track.name, { ...track, spectrum: null }]));
  return { title, detail, seconds: frames / rate, rate, channels, frames, lanes: lanes([...sources.keys(), residualName], sources), finished };
}

export function projectSong(project: Project): Song {
  const { title, rate, channels, frames, tracks, report } = project;
  const nameOf = ({ kind, name }: Project['tracks'][number]): string => (kind === 'original' ? originalName : kind === 'residual' ? residualName : name);
  const sources = new Map(tracks.map((track) => [nameOf(track), track]));
  const { input } = report;
  const detail = `${Number((input.rate / 1000).toFixed(2))} kHz, ${channelWords[input.channels] ?? `${input.channels} channels`}, ${report.model.id}`;
  return { title, detail, seconds: frames / rate, rate, channels, frames, lanes: lanes([...sources.keys()], sources, tracks.filter(({ kind }) => kind === 'print').map(nameOf)), finished: [[0, frames]] };
}
