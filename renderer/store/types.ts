/** Types of the contract that views show. */
export type { ItemProgress, ItemState, QueueItem, QueueOptions } from '../client/contract.ts';
