/** Types of the contract that views show. */
export { figureParts } from '../client/contract.ts';
export type { AppInfo, BenchmarkAdvice, BenchmarkEntry, BenchmarkList, BenchmarkResult, BenchmarkState, ItemPlan, EngineMemory, Hardware, Meters, MonitorState, SavedBenchmarks, ItemProgress, ItemState, MenuCommand, ModelDescriptor, OfferedModel, Project, ProjectSummary, QueueItem, QueueOptions, Settings, Task } from '../client/contract.ts';
export { filterKinds, plainResponse, reverbBlocks, type Effect, type EqBand, type LibraryResponse, type ModeLoad, type PlacedEffect, type ResponseEdit, type ResponseFacts, type ReverbEffect, type ReverbFacts } from '../client/contract.ts';
