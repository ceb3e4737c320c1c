/** Types of the contract that views show. */
export type { ItemPlan, ItemProgress, ItemState, MenuCommand, ModelDescriptor, OfferedModel, Project, ProjectSummary, QueueItem, QueueOptions, Settings, Task } from '../client/contract.ts';
