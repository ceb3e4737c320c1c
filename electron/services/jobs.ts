import { randomUUID } from 'node:crypto';
import { basename, extname } from 'node:path';
import { z } from 'zod';
import { StemwrightError, toFault, type Fault } from '../contract/errors.ts';
import { Queue, QueueItem, Redo, StoredQueueOptions, type ItemState, type QueueOptions } from '../contract/queue.ts';
import type { Warning } from '../contract/separation.ts';
import { JsonFile } from './json-file.ts';

/** What becomes of an item when its turn has come. */
export type RunItem = (item: QueueItem, signal: AbortSignal) => Promise<{ project: string; warnings: Warning[] }>;

export interface JobEvents {
  onChange: (queue: Queue) => void;
  /** A song has become a project. */
  onDone: () => void;
  /** A state that could not be saved: the queue goes on, but would not survive a restart. */
  onFault: (fault: Fault) => void;
}

/** Queues of before parts could be done anew hold songs alone. */
const StoredItem = QueueItem.extend({ options: StoredQueueOptions, redo: Redo.nullable().default(null) });
const QueueFile = Queue.extend({ version: z.literal(1), items: z.array(StoredItem) });
const maxItems = 10_000;
const retryable: readonly ItemState[] = ['failed', 'cancelled', 'interrupted'];

const interruption: Fault = {
  code: 'internal',
  message: 'the program ended while this song was being separated',
  hint: 'Retry it. If it happens again with this song, please report it.',
};

function newItem(path: string, title: string, options: QueueOptions, redo: Redo | null): QueueItem {
  return { ...{ id: randomUUID(), path, title, addedAt: new Date().toISOString(), options, redo }, ...{ state: 'waiting', fault: null, project: null, warnings: [] } };
}

/** The queue of songs. One is separated at a time; what goes wrong with it is noted on it, and the next begins. */
export class JobQueue {
  readonly #file: JsonFile<z.infer<typeof QueueFile>>;
  readonly #run: RunItem;
  readonly #events: JobEvents;
  #items: QueueItem[];
  #active: boolean;
  #current: { id: string; controller: AbortController; ended: Promise<void> } | null = null;
  #closed = false;

  private constructor(file: JsonFile<z.infer<typeof QueueFile>>, queue: Queue, run: RunItem, events: JobEvents) {
    this.#file = file;
    this.#items = queue.items;
    this.#active = queue.active;
    this.#run = run;
    this.#events = events;
  }

  /** Takes up the queue where an earlier process left it; what was running then is `interrupted`. */
  static async open(path: string, run: RunItem, events: JobEvents): Promise<JobQueue> {
    const file = new JsonFile(path, QueueFile);
    const { active, items } = (await file.load()) ?? { active: false, items: [] };
    const found = items.map((item): QueueItem => (item.state === 'running' ? { ...item, state: 'interrupted', fault: interruption } : item));
    const queue = new JobQueue(file, { active, items: found }, run, events);
    queue.#next();
    return queue;
  }

  get(): Queue {
    return { active: this.#active, items: this.#items };
  }

  /** @param songs `title` null: the file's name */
  add(songs: readonly { path: string; title: string | null }[], options: QueueOptions): QueueItem[] {
    return this.#add(songs.map(({ path, title }) => newItem(path, title ?? basename(path, extname(path)), options, null)));
  }

  /** @param song the project's original */
  addRedo({ path, title }: { path: string; title: string }, redo: Redo, options: QueueOptions): QueueItem {
    const item = newItem(path, title, options, redo);
    this.#add([item]);
    return item;
  }

  #add(added: QueueItem[]): QueueItem[] {
    if (this.#items.length + added.length > maxItems) {
      throw new StemwrightError('usage', `the queue holds at most ${maxItems} songs`, 'Remove some first.');
    }
    this.#items = [...this.#items, ...added];
    this.#changed();
    this.#next();
    return added;
  }

  start(): void {
    this.#active = true;
    this.#changed();
    this.#next();
  }

  pause(): void {
    this.#active = false;
    this.#changed();
  }

  cancel(id: string): void {
    const item = this.#find(id);
    if (this.#current?.id === id) {
      this.#current.controller.abort();
    } else if (item.state === 'waiting') {
      this.#set(id, { state: 'cancelled' });
    }
  }

  retry(id: string): void {
    const { state } = this.#find(id);
    if (!retryable.includes(state)) {
      throw new StemwrightError('usage', `a song that is ${state} cannot be retried`, 'Add it again.');
    }
    this.#set(id, { state: 'waiting', fault: null, warnings: [] });
    this.#next();
  }

  /** @param before null: to the end */
  move(id: string, before: string | null): void {
    const item = this.#find(id);
    if (before === id) {
      return;
    }
    const others = this.#items.filter((other) => other !== item);
    const at = before === null ? others.length : others.indexOf(this.#find(before));
    this.#items = others.toSpliced(at, 0, item);
    this.#changed();
  }

  /** @return the item that was removed */
  remove(id: string): QueueItem {
    const item = this.#find(id);
    if (item.state === 'running') {
      throw new StemwrightError('usage', 'a song that is being separated cannot be removed', 'Cancel it first.');
    }
    this.#items = this.#items.filter((other) => other !== item);
    this.#changed();
    return item;
  }

  /** Ends what runs and keeps the queue; its song waits for the next time. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#current?.controller.abort();
    await this.#current?.ended;
    await this.#file.settled();
  }

  /** @throws StemwrightError 'usage' when no item has that id */
  check(id: string): void {
    this.#find(id);
  }

  #find(id: string): QueueItem {
    const item = this.#items.find((candidate) => candidate.id === id);
    if (item === undefined) {
      throw new StemwrightError('usage', 'there is no such song in the queue', 'The list may have changed: look again.');
    }
    return item;
  }

  #set(id: string, change: Partial<QueueItem>): void {
    this.#items = this.#items.map((item) => (item.id === id ? { ...item, ...change } : item));
    this.#changed();
  }

  #changed(): void {
    const queue = this.get();
    this.#file.save({ version: 1, ...queue }).catch((error: unknown) => {
      this.#events.onFault(toFault(error));
    });
    this.#events.onChange(queue);
  }

  #next(): void {
    if (this.#closed || !this.#active || this.#current !== null) {
      return;
    }
    const item = this.#items.find(({ state }) => state === 'waiting');
    if (item === undefined) {
      // What is added later waits for its own start.
      this.pause();
      return;
    }
    const controller = new AbortController();
    this.#current = { id: item.id, controller, ended: Promise.resolve() };
    this.#set(item.id, { state: 'running' });
    this.#current.ended = this.#work(item, controller.signal);
  }

  async #work(item: QueueItem, signal: AbortSignal): Promise<void> {
    let outcome: Partial<QueueItem>;
    try {
      outcome = { state: 'done', ...(await this.#run(item, signal)) };
    } catch (error) {
      const fault = toFault(error);
      const stopped = this.#closed ? 'waiting' : 'cancelled';
      outcome = fault.code === 'cancelled' ? { state: stopped } : { state: 'failed', fault };
    }
    this.#current = null;
    this.#set(item.id, outcome);
    if (outcome.state === 'done') {
      this.#events.onDone();
    }
    this.#next();
  }
}
