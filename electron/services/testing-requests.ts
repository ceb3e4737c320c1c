/** What every transport is tested with: for each channel arguments that are in order, and ways to spoil them. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { requests, type Args, type Channel } from '../contract/channels.ts';
import { plainResponse } from '../contract/effects.ts';
import type { Mix } from '../contract/project.ts';
import { defaultQueueOptions as options } from '../contract/queue.ts';
import type { Preset } from '../contract/settings.ts';
import type { TestStudio } from './testing-studio.ts';
import { reverb } from './testing-responses.ts';
import { writeSmallModel } from './testing.ts';

export interface RequestCase<C extends Channel> {
  args: Args<C>;
  /** The code of the answer, where that is a fault although the arguments are in order. */
  fault?: string;
}

export type RequestCases = { [C in Channel]: RequestCase<C> };

export const preset: Preset = { name: 'Mine', options, format: null, folder: null };

/** What the cases are about. */
export interface Subjects {
  folder: string;
  /** Of a model that is yet to be imported. */
  model: string;
  project: string;
  /** Two songs in the queue. */
  item: string;
  waiting: string;
}

export async function prepareSubjects({ studio, folder, addProject }: TestStudio): Promise<Subjects> {
  const model = join(folder, 'tiny.safetensors');
  await writeSmallModel(model);
  const added = await studio.answer('queue.add', { paths: ['/music/a.wav', '/music/b.wav'], options });
  const [item = '', waiting = ''] = requests['queue.add'].result.parse(added.ok ? added.value : null).map(({ id }) => id);
  return { folder, model, project: await addProject(), item, waiting };
}

/** In an order in which they work. Nothing in them needs an engine or ffmpeg. */
export function requestCases({ folder, model, project, item }: Subjects): RequestCases {
  const part = { name: 'drums', inputs: [{ stem: 'drums', gain: 1, pan: 0 }] };
  const mix: Mix = { strips: { drums: { gainDb: -3, pan: 0.5, isMuted: false, isSolo: true } }, loop: [0, 1], isLooping: true, markers: [{ id: 'a', seconds: 1, label: 'Verse' }], timePitch: { semitones: 2, speed: 0.75 } };
  const strip = { gain: 0.5, pan: -1, isMuted: false, isSolo: true };
  return {
    'app.info': { args: null },
    'hardware.state': { args: null },
    'system.chooseFolder': { args: { title: 'Export to' }, fault: 'usage' },
    'system.chooseFiles': { args: { title: 'Open', kind: 'audio' }, fault: 'usage' },
    'queue.plan': { args: { path: '/music/none.wav', options }, fault: 'input' },
    'queue.list': { args: null },
    'queue.add': { args: { paths: ['/music/c.wav'], options } },
    'queue.addDemo': { args: { options } },
    'queue.pause': { args: null },
    'queue.move': { args: { id: item, before: null } },
    'queue.focus': { args: { id: item, seconds: 1 } },
    'queue.cancel': { args: { id: item } },
    'queue.retry': { args: { id: item } },
    'queue.remove': { args: { id: item } },
    'queue.progress': { args: null },
    'projects.list': { args: null },
    'projects.open': { args: { id: project } },
    'projects.rename': { args: { id: project, title: 'New' } },
    'projects.reveal': { args: { id: project } },
    'projects.saveMix': { args: { id: project, mix } },
    'projects.relocate': { args: { id: project, path: '/music/none.wav' }, fault: 'input' },
    'projects.stemFile': { args: { id: project, stem: 'flute' }, fault: 'usage' },
    'projects.planRedo': { args: { id: project, start: 100, end: 900, options } },
    'projects.redo': { args: { id: project, start: 100, end: 900, stems: ['drums'], options } },
    // Nothing has been done anew yet.
    'projects.undo': { args: { id: project }, fault: 'usage' },
    'projects.reapply': { args: { id: project }, fault: 'usage' },
    'projects.rhythm': { args: { id: project } },
    'projects.correctRhythm': { args: { id: project, correction: { kind: 'double' } } },
    'projects.print': { args: { id: project, source: { kind: 'stem', name: 'flute' }, name: 'Wet flute' }, fault: 'usage' },
    'projects.printAgain': { args: { id: project, name: 'Wet flute' }, fault: 'usage' },
    'projects.removePrint': { args: { id: project, name: 'Wet flute' }, fault: 'usage' },
    'projects.export': {
      args: { project, parts: [part], format: 'flac', clipMode: null, dither: 'triangular', rate: 'source', pattern: '{stem}', folder: join(folder, 'out') },
    },
    'monitor.devices': { args: null },
    'monitor.open': { args: { device: 'none', rate: 48_000, blockFrames: 256, inputs: 0 } },
    'monitor.state': { args: null },
    'monitor.load': { args: { project, tracks: [{ kind: 'stem', name: 'drums', strip }], position: 0 } },
    'monitor.play': { args: null },
    'monitor.pause': { args: null },
    'monitor.seek': { args: { frame: 500 } },
    'monitor.setTimePitch': { args: { timePitch: { semitones: -3.5, speed: 0.75 } } },
    'monitor.loop': { args: { range: [100, 900] } },
    'monitor.setStrip': { args: { index: 0, strip } },
    'monitor.setMaster': { args: { gain: 0.5 } },
    'monitor.setInput': { args: { strip }, fault: 'usage' },
    'monitor.setEffect': { args: { place: { strip: 'master', slot: 7 }, effect: { kind: 'limiter', isBypassed: false, ceilingDb: -1 } } },
    // There is no such file.
    'monitor.measureModes': { args: { effect: { ...reverb, response: { path: '/music/none.wav' } } }, fault: 'input' },
    'monitor.moveEffect': { args: { place: { strip: 'master', slot: 7 }, slot: 6 } },
    'monitor.setSend': { args: { strip: 0, gain: 0.5 } },
    'chains.save': { args: { name: 'Loud', strip: 'master' } },
    'chains.list': { args: null },
    'chains.apply': { args: { name: 'Loud', strip: 0 } },
    'chains.remove': { args: { name: 'Loud' } },
    'responses.list': { args: { search: 'hall', isFavourite: false } },
    'responses.describe': { args: { response: { path: '/music/none.wav' }, edit: plainResponse }, fault: 'input' },
    'responses.import': { args: { paths: ['/music/none.wav'] }, fault: 'input' },
    'responses.setFavourite': { args: { response: { id: 'hall' }, isFavourite: true } },
    'responses.remove': { args: { response: { id: 'hall' } }, fault: 'usage' },
    'responses.addFolder': { args: { path: folder } },
    'responses.removeFolder': { args: { path: folder } },
    'monitor.resetCounters': { args: null },
    // What is open has no input.
    'monitor.measureLatency': { args: null, fault: 'usage' },
    'monitor.refreshDevices': { args: null },
    'monitor.unload': { args: null },
    'monitor.close': { args: null },
    'benchmark.list': { args: null },
    'benchmark.state': { args: null },
    'benchmark.advice': { args: null },
    // Nothing has been measured, and nothing saved.
    'benchmark.save': { args: { name: 'Mine' }, fault: 'usage' },
    'benchmark.saved': { args: null },
    'benchmark.open': { args: { id: randomUUID() }, fault: 'usage' },
    'benchmark.remove': { args: { id: randomUUID() }, fault: 'usage' },
    'benchmark.run': { args: { names: ['first thing'] } },
    'benchmark.cancel': { args: null },
    'projects.delete': { args: { id: project } },
    'models.list': { args: null },
    'models.offered': { args: null },
    'models.import': { args: { path: model, name: 'mine' } },
    'models.verify': { args: { id: 'mine' } },
    'models.remove': { args: { id: 'mine' } },
    // Fails before anything is fetched: there is no such model.
    'models.download': { args: { id: 'none' } },
    'tasks.list': { args: null },
    'tasks.cancel': { args: { id: randomUUID() }, fault: 'usage' },
    'tasks.reveal': { args: { id: randomUUID() }, fault: 'usage' },
    'settings.get': { args: null },
    'settings.set': { args: { theme: 'dark' } },
    'presets.save': { args: preset },
    'presets.list': { args: null },
    'presets.remove': { args: { name: 'Mine' } },
    'queue.start': { args: null },
  };
}

export const channels = Object.keys(requests) as Channel[];
export const inOrder = Object.keys(requestCases({ folder: '', model: '', project: '', item: '', waiting: '' })) as Channel[];

/** Faulty variants of arguments that are in order: without each field, with a field of another kind, too long, too many. */
export function spoilt(channel: Channel, args: unknown): unknown[] {
  const always = [42, 'text', [], { unknown: 1 }, 'x'.repeat(100_000)];
  if (args === null) {
    return always;
  }
  const fields = Object.entries(args as Record<string, unknown>);
  // Every setting may be missing.
  const missing = channel === 'settings.set' ? [] : fields.map(([name]) => Object.fromEntries(fields.filter(([other]) => other !== name)));
  return [
    ...always,
    null,
    ...missing,
    { ...(args as object), more: 1 },
    ...fields.flatMap(([name, value]) => {
      const oversized = typeof value === 'string' ? 'x'.repeat(5000) : Array.isArray(value) ? Array.from({ length: 2000 }, () => value[0] as unknown) : { a: 'x'.repeat(5000) };
      return [{ wrong: true }, -1, oversized].map((bad) => ({ ...(args as object), [name]: bad }));
    }),
  ];
}
