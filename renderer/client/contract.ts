/** What the store needs of the contract, so that it knows this door only. */
export type { AppInfo, Args, OfferedModel, Task } from '../../electron/contract/channels.ts';
export { figureParts, type BenchmarkAdvice, type BenchmarkEntry, type BenchmarkList, type BenchmarkResult, type BenchmarkState, type SavedBenchmarks, type SavedBenchmarksSummary } from '../../electron/contract/benchmark.ts';
export type { EngineMemory, Hardware } from '../../electron/contract/hardware.ts';
export type { Meters } from '../../electron/contract/monitor.ts';
export type { MenuCommand } from '../../electron/contract/desktop.ts';
export { StemwrightError, toFault, type Fault } from '../../electron/contract/errors.ts';
export type { ModelDescriptor } from '../../electron/contract/model.ts';
export type { MonitorChoice, MonitorLoad, MonitorState, SoundDevices, TransportState } from '../../electron/contract/monitor.ts';
export {
  chainSlots,
  filterKinds,
  plainResponse,
  reverbBlocks,
  type ChainPreset,
  type Effect,
  type EffectPlace,
  type ModeLoad,
  type EffectStrip,
  type EqBand,
  type LibraryResponse,
  type PlacedEffect,
  type ResponseEdit,
  type ResponseFacts,
  type ResponseLibrary,
  type ResponseRef,
  type ReverbEffect,
  type ReverbFacts,
} from '../../electron/contract/effects.ts';
export type { Library, Mix, Project, ProjectSummary } from '../../electron/contract/project.ts';
export type { ItemPlan, ItemProgress, ItemState, LiveTracks, Queue, QueueItem, QueueOptions } from '../../electron/contract/queue.ts';
export type { Rhythm, RhythmCorrection, TimePitch } from '../../electron/contract/rhythm.ts';
export { defaultSettings, type Preset, type Settings } from '../../electron/contract/settings.ts';
