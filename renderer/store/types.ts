/** Types of the contract that views show. */
export type { ItemProgress, ItemState, ModelDescriptor, OfferedModel, Preset, Project, QueueItem, QueueOptions, Settings, Task } from '../client/contract.ts';
