import { randomUUID } from 'node:crypto';
import type { Task } from '../contract/channels.ts';
import { StemwrightError, toFault } from '../contract/errors.ts';

export interface TaskHandle {
  id: string;
  signal: AbortSignal;
  update: (fraction: number | null, detail: string) => void;
}

type Outcome = Partial<Pick<Task, 'folder' | 'download'>>;

const remembered = 100;

/** Work beside the queue: each piece has an id, reports how far it is, and can be cancelled. */
export class Tasks {
  readonly #onTask: (task: Task) => void;
  readonly #tasks = new Map<string, Task>();
  readonly #running = new Map<string, { controller: AbortController; ended: Promise<void> }>();

  constructor(onTask: (task: Task) => void) {
    this.#onTask = onTask;
  }

  list(): Task[] {
    return [...this.#tasks.values()];
  }

  /** @return the task's id */
  start(kind: Task['kind'], subject: string, work: (task: TaskHandle) => Promise<Outcome>): string {
    const id = randomUUID();
    const controller = new AbortController();
    this.#set({ id, kind, subject, state: 'running', fraction: null, detail: '', fault: null, folder: null, download: null });
    const update = (fraction: number | null, detail: string) => {
      this.#change(id, { fraction, detail });
    };
    const ended = work({ id, signal: controller.signal, update }).then(
      (outcome) => {
        this.#end(id, { state: 'done', fraction: 1, ...outcome });
      },
      (error: unknown) => {
        const fault = toFault(error);
        this.#end(id, fault.code === 'cancelled' || controller.signal.aborted ? { state: 'cancelled' } : { state: 'failed', fault });
      },
    );
    this.#running.set(id, { controller, ended });
    return id;
  }

  cancel(id: string): void {
    if (!this.#tasks.has(id)) {
      throw new StemwrightError('usage', 'there is no such task', 'The list may have changed: look again.');
    }
    this.#running.get(id)?.controller.abort();
  }

  async close(): Promise<void> {
    const running = [...this.#running.values()];
    running.forEach(({ controller }) => {
      controller.abort();
    });
    await Promise.all(running.map(({ ended }) => ended));
  }

  #end(id: string, change: Partial<Task>): void {
    this.#running.delete(id);
    this.#change(id, change);
    const ended = this.list().filter(({ state }) => state !== 'running');
    for (const { id: old } of ended.slice(0, Math.max(0, ended.length - remembered))) {
      this.#tasks.delete(old);
    }
  }

  #change(id: string, change: Partial<Task>): void {
    const task = this.#tasks.get(id);
    if (task !== undefined) {
      this.#set({ ...task, ...change });
    }
  }

  #set(task: Task): void {
    this.#tasks.set(task.id, task);
    this.#onTask(task);
  }
}
