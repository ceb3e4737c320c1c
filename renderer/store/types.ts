/** Types of the contract that views show. */
export { figureParts } from '../client/contract.ts';
export type { AppInfo, BenchmarkAdvice, BenchmarkEntry, BenchmarkList, BenchmarkResult, BenchmarkState, ItemPlan, EngineMemory, Hardware, Meters, SavedBenchmarks, ItemProgress, ItemState, MenuCommand, ModelDescriptor, OfferedModel, Project, ProjectSummary, QueueItem, QueueOptions, Settings, Task } from '../client/contract.ts';
