import { toFault, type Queue, type QueueItem } from '../client/contract.ts';
import type { Parts, Plan, QueueSlice, StudioState, Upload } from './state.ts';

/** Files on their way that are not songs in the queue yet. */
export function arriving({ uploads, items }: Pick<StudioState, 'uploads' | 'items'>): Upload[] {
  return uploads.filter(({ path }) => path === null || items.every((item) => item.path !== path));
}

export function createQueueSlice(parts: Parts): QueueSlice {
  const { client, set, get } = parts;
  const uploads = uploading(parts);
  const planned = planning(parts);

  const take = ({ active, items }: Queue): void => {
    const running = items.find(({ state }) => state === 'running');
    set(({ progress }) => ({ items, isActive: active, progress: running?.id === progress?.id ? progress : null }));
    get().followQueue();
    planned();
  };
  client.on('queue', take);
  client.on('progress', (progress) => {
    set({ progress });
    get().followProgress(progress);
  });

  // More is known, or settings that count have changed: what was planned is planned anew.
  client.on('plans', () => {
    get().replan();
  });

  const request = (channel: 'queue.cancel' | 'queue.retry' | 'queue.remove', id: string): void => {
    void get().attempt(() => client.request(channel, { id }));
  };
  const hide = (id: string, isHidden: boolean): void => {
    set(({ removing }) => ({ removing: isHidden ? [...removing, id] : removing.filter((each) => each !== id) }));
  };
  /** Takes what was added without waiting for the queue's own event, and shows its first. */
  const welcome = (added: readonly QueueItem[]): void => {
    set(({ items }) => ({ items: [...items, ...added.filter(({ id }) => items.every((item) => item.id !== id))] }));
    const [first] = added;
    if (first !== undefined && get().shown === null) get().showItem(first.id);
  };
  return {
    items: [],
    isActive: true,
    progress: null,
    plans: {},
    removing: [],
    uploads: [],
    loadQueue: async () => {
      const [queue, progress] = await Promise.all([client.request('queue.list', null), client.request('queue.progress', null)]);
      take(queue);
      set({ progress });
      if (progress !== null) get().followProgress(progress);
    },
    addFiles: uploads.add,
    addPaths: (paths) =>
      get().attempt(async () => {
        welcome(await client.request('queue.add', { paths, options: get().settings.lastOptions }));
      }),
    separateAgain: () => {
      const path = get().finished?.sourcePath ?? null;
      if (path === null) return;
      void get().attempt(async () => {
        const added = await client.request('queue.add', { paths: [path], options: get().settings.lastOptions });
        get().showNothing();
        welcome(added);
      });
    },
    replan: () => {
      planned(get().items.map(({ id }) => id));
      get().planCosts();
      get().replanRegion();
    },
    addDemo: () => {
      void get().attempt(async () => {
        welcome([await client.request('queue.addDemo', { options: get().settings.lastOptions })]);
        await client.request('queue.start', null);
      });
    },
    cancelUpload: uploads.cancel,
    cancelItem: (id) => {
      request('queue.cancel', id);
    },
    retryItem: (id) => {
      request('queue.retry', id);
    },
    removeItem: (id) => {
      const item = get().items.find((each) => each.id === id);
      if (item === undefined) return;
      if (get().shown?.id === id) get().showNothing();
      hide(id, true);
      // Its turn must not come while it can still be brought back.
      if (item.state === 'waiting') request('queue.cancel', id);
      const undo = (): void => {
        hide(id, false);
        if (item.state === 'waiting') request('queue.retry', id);
      };
      const remove = (): void => {
        void get()
          .attempt(() => client.request('queue.remove', { id }))
          .finally(() => {
            hide(id, false);
          });
      };
      get().notify('ok', `${item.title} removed from the queue.`, '', { label: 'Undo', run: undo, otherwise: remove });
    },
    moveItem: (id, before) => {
      void get().attempt(() => client.request('queue.move', { id, before }));
    },
    setActive: (isActive) => {
      void get().attempt(() => client.request(isActive ? 'queue.start' : 'queue.pause', null));
    },
  };
}

/** Files on their way into the queue, one after another: each is queued when it has arrived. */
function uploading({ client, set, get }: Parts): { add: (files: readonly File[]) => void; cancel: (id: number) => void } {
  let nextId = 0;
  let last = Promise.resolve();
  const running = new Map<number, AbortController>();

  const change = (id: number, to: Partial<Upload>): void => {
    set(({ uploads }) => ({ uploads: uploads.map((upload) => (upload.id === id ? { ...upload, ...to } : upload)) }));
  };
  const send = async (file: File, id: number, signal: AbortSignal): Promise<void> => {
    await get().attempt(async () => {
      if (signal.aborted) return;
      const path = await client.pathOf(
        file,
        (fraction) => {
          change(id, { fraction });
        },
        signal,
      );
      change(id, { path });
      await get().addPaths([path]);
    });
    running.delete(id);
    set(({ uploads }) => ({ uploads: uploads.filter((upload) => upload.id !== id) }));
  };
  return {
    add: (files) => {
      for (const file of files) {
        const id = nextId++;
        const control = new AbortController();
        running.set(id, control);
        set(({ uploads }) => ({ uploads: [...uploads, { id, name: file.name, fraction: 0, path: null }] }));
        last = last.then(() => send(file, id, control.signal));
      }
    },
    cancel: (id) => {
      running.get(id)?.abort();
      set(({ uploads }) => ({ uploads: uploads.filter((upload) => upload.id !== id) }));
    },
  };
}

/** Asks, one item after another, what each will take; of those named, again. Running ones too: their length and stems shape the lanes. */
function planning({ client, set, get }: Parts): (again?: readonly string[]) => void {
  let isBusy = false;
  const stale = new Set<string>();
  const next = (): QueueItem | undefined =>
    get().items.find(({ id, state, redo }) => redo === null && (state === 'waiting' || state === 'running') && (stale.has(id) || get().plans[id] === undefined));
  const work = async (): Promise<void> => {
    for (let item = next(); item !== undefined && get().isConnected; item = next()) {
      const { id, path, options } = item;
      stale.delete(id);
      const plan: Plan = await client.request('queue.plan', { path, options }).then(
        (value) => ({ ok: true, plan: value }),
        (error: unknown) => ({ ok: false, fault: toFault(error) }),
      );
      set(({ plans }) => ({ plans: { ...plans, [id]: plan } }));
      get().followQueue();
    }
  };
  return (again = []) => {
    for (const id of again) stale.add(id);
    if (isBusy) return;
    isBusy = true;
    void work().finally(() => {
      isBusy = false;
    });
  };
}
