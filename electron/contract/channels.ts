/** The one list of what the renderer may ask and what it is told. Both ends parse every message with these schemas. */
import { z } from 'zod';
import { BenchmarkAdvice, BenchmarkList, BenchmarkNames, BenchmarkProgress, BenchmarkResult, BenchmarkState, SavedBenchmarks, SavedBenchmarksSummary } from './benchmark.ts';
import { ChainPreset, Effect, EffectPlace, EffectStrip, ModeLoad, PlacedEffect, ReverbEffect, ResponseEdit, ResponseFacts, ResponseLibrary, ResponseRef, Send } from './effects.ts';
import { Fault } from './errors.ts';
import { Hardware } from './hardware.ts';
import { ModelDescriptor, PublishedQuality, SeparationMode } from './model.ts';
import { LoopbackLatency, Meters, MonitorChoice, MonitorLoad, MonitorState, SoundDevices, Strip, TransportState } from './monitor.ts';
import { ExportSpec, Library, Mix, PrintName, PrintSource, Project, Title } from './project.ts';
import { AbsolutePath, Id, ItemPlan, ItemProgress, Queue, QueueItem, QueueOptions, Redo } from './queue.ts';
import { Rhythm, RhythmCorrection, TimePitch } from './rhythm.ts';
import { Preset, Settings } from './settings.ts';

const none = z.null();
const byId = z.strictObject({ id: Id });
const modelId = z.strictObject({ id: z.string().min(1).max(64) });
const taskStarted = z.strictObject({ task: Id });

const AppInfo = z.strictObject({
  version: z.string(),
  shell: z.enum(['desktop', 'browser']),
  platform: z.enum(['linux', 'mac', 'windows', 'other']),
  engine: z.strictObject({ isa: z.string(), threads: z.int().positive(), bf16: z.string().nullable() }),
  cpu: z.string(),
  memoryBytes: z.int().nonnegative(),
  projectsFolder: z.string(),
  /** Where models are installed. */
  modelsFolder: z.string(),
  backends: z.array(z.strictObject({ id: z.enum(['cpu', 'gpu']), isAvailable: z.boolean(), reason: z.string() })),
  /** Graphics processors; the verdict is of the self-test that came last, null before the first. */
  gpus: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      driver: z.string(),
      kind: z.enum(['discrete', 'integrated', 'software', 'other']),
      memoryBytes: z.number().nonnegative(),
      isPreferred: z.boolean(),
      verdict: z.strictObject({ isAccepted: z.boolean(), agreementDb: z.number(), gpuSeconds: z.number(), cpuSeconds: z.number() }).nullable(),
    }),
  ),
  /** What this shell can do; the channels behind what it cannot are refused. */
  can: z.strictObject({ chooseFolder: z.boolean(), chooseFiles: z.boolean(), reveal: z.boolean(), trash: z.boolean(), dragOut: z.boolean() }),
});
export type AppInfo = z.infer<typeof AppInfo>;

/** A model that can be downloaded. */
export const OfferedModel = z.strictObject({
  id: z.string(),
  description: z.string(),
  licence: z.string(),
  files: z.int().positive(),
  /** Of the download; null where it is not known. */
  bytes: z.int().positive().nullable(),
  modes: z.array(SeparationMode),
  sources: z.array(z.string()),
  quality: PublishedQuality.nullable(),
  installed: z.boolean(),
});
export type OfferedModel = z.infer<typeof OfferedModel>;

/** Work beside the queue. It has ended when `state` is not `running`; a cancelled task is no fault. */
export const Task = z.strictObject({
  id: Id,
  kind: z.enum(['export', 'download', 'print']),
  /** What it works on: a project's title, a model's id. */
  subject: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  /** Null where the end is not known. */
  fraction: z.number().min(0).max(1).nullable(),
  detail: z.string(),
  fault: Fault.nullable(),
  /** Of an export that is done: the folder it went to, or the address, relative to the page's, of one file or a zip. */
  folder: z.string().nullable(),
  download: z.string().nullable(),
});
export type Task = z.infer<typeof Task>;

export const requests = {
  'app.info': { args: none, result: AppInfo },
  'hardware.state': { args: none, result: Hardware },
  /** Of the shells that can. Null: the user chose none. @throws 'usage' elsewhere */
  'system.chooseFolder': { args: z.strictObject({ title: z.string().max(200) }), result: z.strictObject({ path: AbsolutePath.nullable() }) },
  'system.chooseFiles': {
    args: z.strictObject({ title: z.string().max(200), kind: z.enum(['audio', 'model', 'ir']) }),
    result: z.strictObject({ paths: z.array(AbsolutePath) }),
  },

  /** Looks at a song before it is queued. @throws 'input' when it cannot be separated */
  'queue.plan': { args: z.strictObject({ path: AbsolutePath, options: QueueOptions }), result: ItemPlan },
  'queue.list': { args: none, result: Queue },
  /** Folders give the files in them. Nothing is opened: a bad file fails when its turn comes. */
  'queue.add': { args: z.strictObject({ paths: z.array(AbsolutePath).min(1).max(1000), options: QueueOptions }), result: z.array(QueueItem) },
  'queue.addDemo': { args: z.strictObject({ options: QueueOptions }), result: QueueItem },
  'queue.start': { args: none, result: none },
  'queue.pause': { args: none, result: none },
  /** A running or waiting item. Idempotent. */
  'queue.cancel': { args: byId, result: none },
  'queue.retry': { args: byId, result: none },
  /** Puts the item in front of another; null: to the end. */
  'queue.move': { args: z.strictObject({ id: Id, before: Id.nullable() }), result: none },
  /** Not while it runs. Its project stays. */
  'queue.remove': { args: byId, result: none },
  /** Where the playhead is in the running song: what is not done from there outwards comes next. Nothing for others. */
  'queue.focus': { args: z.strictObject({ id: Id, seconds: z.number().nonnegative() }), result: none },
  /** What the running item is at, for a page that comes late. */
  'queue.progress': { args: none, result: ItemProgress.nullable() },

  'projects.list': { args: none, result: Library },
  'projects.open': { args: byId, result: Project },
  'projects.rename': { args: z.strictObject({ id: Id, title: Title }), result: none },
  /** Moves it to the system's trash. */
  'projects.delete': { args: byId, result: none },
  /** Shows its folder in the system's file manager. */
  'projects.reveal': { args: byId, result: none },
  /** How long `projects.redo` would take: null while this machine has not told yet; `plans` says when it has. */
  'projects.planRedo': {
    args: Redo.omit({ project: true, stems: true }).extend({ id: Id, options: QueueOptions }),
    result: z.strictObject({ seconds: z.number().nonnegative().nullable(), isRough: z.boolean() }),
  },
  /** Queues a part of the project to be separated anew. Undoing it brings the samples of before back. */
  'projects.redo': { args: Redo.omit({ project: true }).extend({ id: Id, options: QueueOptions }), result: QueueItem },
  'projects.undo': { args: byId, result: Project },
  'projects.reapply': { args: byId, result: Project },
  'projects.saveMix': { args: z.strictObject({ id: Id, mix: Mix }), result: none },
  /** Where the song's own file lies now. @throws 'input' when it is not of the same length */
  'projects.relocate': { args: z.strictObject({ id: Id, path: AbsolutePath }), result: Project },
  /** A WAV of 32-bit floats, for other programs. */
  'projects.stemFile': { args: z.strictObject({ id: Id, stem: z.string().min(1).max(64) }), result: z.strictObject({ path: AbsolutePath }) },
  /** Tempo, beats and key: found when it is first asked for, and kept. */
  'projects.rhythm': { args: byId, result: Rhythm },
  'projects.correctRhythm': { args: z.strictObject({ id: Id, correction: RhythmCorrection }), result: Rhythm },
  /**
   * Renders a track or a bus through the effects that are kept for it to a new track, at the song's own pitch and tempo. Playing on
   * is not disturbed: load it to hear it.
   */
  'projects.print': { args: z.strictObject({ id: Id, source: PrintSource, name: PrintName }), result: taskStarted },
  /** The same once more, with the effects and gains of then, of the tracks as they are now. */
  'projects.printAgain': { args: z.strictObject({ id: Id, name: PrintName }), result: taskStarted },
  /** Takes a printed track back. */
  'projects.removePrint': { args: z.strictObject({ id: Id, name: PrintName }), result: Project },
  'projects.export': { args: ExportSpec, result: taskStarted },

  'models.list': { args: none, result: z.array(ModelDescriptor) },
  'models.offered': { args: none, result: z.array(OfferedModel) },
  'models.import': { args: z.strictObject({ path: AbsolutePath, name: z.string().min(1).max(64).nullable() }), result: modelId },
  'models.download': { args: modelId, result: taskStarted },
  'models.verify': { args: modelId, result: z.strictObject({ sha256: z.string() }) },
  'models.remove': { args: modelId, result: none },

  'tasks.list': { args: none, result: z.array(Task) },
  /** Idempotent. */
  'tasks.cancel': { args: byId, result: none },
  /** Shows the folder that an export went to. */
  'tasks.reveal': { args: byId, result: none },

  'monitor.devices': { args: none, result: SoundDevices },
  /** Looks anew. An open device is let go for that and opened again: sound stops for a moment. */
  'monitor.refreshDevices': { args: none, result: SoundDevices },
  /** Null: none is open. */
  'monitor.state': { args: none, result: MonitorState.nullable() },
  /** In the place of the one before, without its song; effects that belong to none stay. @throws 'output' when the device cannot be had; none is open then */
  'monitor.open': { args: MonitorChoice, result: MonitorState },
  /** Idempotent. */
  'monitor.close': { args: none, result: none },
  /** Answered once its first sound is in memory. @throws 'input' when a track cannot be read; the song before plays on */
  'monitor.load': { args: MonitorLoad, result: MonitorState },
  'monitor.unload': { args: none, result: none },
  'monitor.play': { args: none, result: none },
  'monitor.pause': { args: none, result: none },
  'monitor.seek': { args: z.strictObject({ frame: z.int().nonnegative() }), result: none },
  /** In frames of the project; null: no loop. */
  'monitor.loop': { args: z.strictObject({ range: z.tuple([z.int().nonnegative(), z.int().nonnegative()]).nullable() }), result: none },
  /** Of the song, whatever is loaded; the live input stays as it is. */
  'monitor.setTimePitch': { args: z.strictObject({ timePitch: TimePitch }), result: none },
  /** Of a track by its index in what was loaded. */
  'monitor.setStrip': { args: z.strictObject({ index: z.int().nonnegative(), strip: Strip }), result: none },
  'monitor.setMaster': { args: z.strictObject({ gain: Strip.shape.gain }), result: none },
  /** The live input, which begins muted. @throws 'usage' when the device was opened without */
  'monitor.setInput': { args: z.strictObject({ strip: Strip }), result: none },
  /**
   * Crossfaded in for what was there; null: nothing. Gains, filters and levels of the same kind of effect glide instead. Those of
   * tracks, send bus and master are kept with the project. One that another for the same place overtakes before its turn is left out; the answer is then what is there.
   * @throws 'input' when a response cannot be used; what was there stays
   */
  'monitor.setEffect': { args: z.strictObject({ place: EffectPlace, effect: Effect.nullable() }), result: PlacedEffect.nullable() },
  /** What each mode of a convolution would take of this device's time, measured now on other threads. */
  'monitor.measureModes': { args: z.strictObject({ effect: ReverbEffect }), result: z.array(ModeLoad) },
  /** Moves an effect within its chain; those between move up. */
  'monitor.moveEffect': { args: z.strictObject({ place: EffectPlace, slot: EffectPlace.shape.slot }), result: none },
  'monitor.setSend': { args: Send, result: none },
  'monitor.resetCounters': { args: none, result: none },
  /** Plays half a second of test signal, alone, and finds it in the input. @throws 'output' when it does not come back, 'usage' without an input */
  'monitor.measureLatency': { args: none, result: LoopbackLatency },

  'benchmark.list': { args: none, result: BenchmarkList },
  'benchmark.state': { args: none, result: BenchmarkState },
  /** One after the other, in the order of the list. @throws 'usage' while a run is under way or a song is being separated */
  'benchmark.run': { args: z.strictObject({ names: BenchmarkNames }), result: z.strictObject({ run: Id }) },
  /** What was measured so far stays. Idempotent. */
  'benchmark.cancel': { args: none, result: none },
  'benchmark.advice': { args: none, result: BenchmarkAdvice },
  /** Keeps all results of now under a name. */
  'benchmark.save': { args: z.strictObject({ name: Title }), result: byId },
  /** The newest first. */
  'benchmark.saved': { args: none, result: z.array(SavedBenchmarksSummary) },
  'benchmark.open': { args: byId, result: SavedBenchmarks },
  'benchmark.remove': { args: byId, result: none },

  /** Puts a preset's effects in the place of the strip's own. */
  'chains.apply': { args: z.strictObject({ name: Title, strip: EffectStrip }), result: MonitorState },
  'chains.list': { args: none, result: z.array(ChainPreset) },
  /** The effects of a strip as they are now. */
  'chains.save': { args: z.strictObject({ name: Title, strip: EffectStrip }), result: none },
  'chains.remove': { args: z.strictObject({ name: Title }), result: none },

  /** Impulse responses. @param search words that name or group hold all of, in any case; empty: all */
  'responses.list': { args: z.strictObject({ search: z.string().max(200), isFavourite: z.boolean() }), result: ResponseLibrary },
  'responses.describe': { args: z.strictObject({ response: ResponseRef, edit: ResponseEdit }), result: ResponseFacts },
  /** Copies files, and the other halves of pairs, into the studio's own folder. @throws 'input' when one cannot be used; none is copied then */
  'responses.import': { args: z.strictObject({ paths: z.array(AbsolutePath).min(1).max(100) }), result: z.array(ResponseRef) },
  /** Deletes one that was imported. */
  'responses.remove': { args: z.strictObject({ response: ResponseRef }), result: none },
  'responses.setFavourite': { args: z.strictObject({ response: ResponseRef, isFavourite: z.boolean() }), result: none },
  /** Folders whose files are listed, and searched for what is missing. */
  'responses.addFolder': { args: z.strictObject({ path: AbsolutePath }), result: none },
  'responses.removeFolder': { args: z.strictObject({ path: AbsolutePath }), result: none },

  'settings.get': { args: none, result: Settings },
  'settings.set': { args: Settings.partial(), result: Settings },
  'presets.list': { args: none, result: z.array(Preset) },
  'presets.save': { args: Preset, result: none },
  'presets.remove': { args: z.strictObject({ name: Title }), result: none },
} as const;

export type Channel = keyof typeof requests;
export type Args<C extends Channel> = z.infer<(typeof requests)[C]['args']>;
export type Result<C extends Channel> = z.infer<(typeof requests)[C]['result']>;

export const events = {
  /** Anything but progress: the whole queue as it is now. */
  queue: Queue,
  progress: ItemProgress,
  /** More is known of what songs will take: plan again. */
  plans: none,
  /** Something in it has changed: list it again. */
  library: none,
  models: none,
  task: Task,
  /** Heat, power, pressure or the backend have changed. */
  hardware: Hardware,
  settings: Settings,
  presets: z.array(Preset),
  chains: z.array(ChainPreset),
  /** The library has changed, or more is known of it: list it again. */
  responses: none,
  /** Device, song or effects are others. What pages set (strips, loop, pitch) is not sent back. Null: it was closed. */
  monitor: MonitorState.nullable(),
  /** Sound devices have come or gone. */
  devices: none,
  meters: Meters,
  /** As often as `meters`. */
  transport: TransportState,
  /** A run has begun, gone on or ended; `result` is what has been measured since. */
  benchmark: z.strictObject({ progress: BenchmarkProgress, result: BenchmarkResult.nullable() }),
} as const;

export type EventName = keyof typeof events;
export type EventData<E extends EventName> = z.infer<(typeof events)[E]>;

export type Answer<T> = { ok: true; value: T } | ({ ok: false } & Fault);

export function isChannel(name: string): name is Channel {
  return Object.hasOwn(requests, name);
}

/** Over a WebSocket at `ws` beside the page, each message one JSON text of at most this many bytes. */
export const maxMessageBytes = 1 << 20;

export const ClientMessage = z.strictObject({ id: z.int().nonnegative(), channel: z.string().max(64), args: z.unknown() });
export type ClientMessage = z.infer<typeof ClientMessage>;

const AnswerMessage = z.union([
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ ok: z.literal(false), ...Fault.shape }),
]);

/** `id` is that of the request; null where the request could not be read. */
export const ServerMessage = z.union([
  z.strictObject({ id: z.int().nonnegative().nullable(), answer: AnswerMessage }),
  z.strictObject({ event: z.enum(Object.keys(events) as [EventName, ...EventName[]]), data: z.unknown() }),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;

/** PUT `upload?name=<file name>` with the bytes as body: an Answer with the path that `queue.add` and `models.import` take. */
export const Uploaded = z.strictObject({ path: AbsolutePath });
export type Uploaded = z.infer<typeof Uploaded>;
