import type { ModelsSlice, Parts } from './state.ts';

export function createModelsSlice({ client, set, get }: Parts): ModelsSlice {
  const loadModels = async (): Promise<void> => {
    const [models, offered, tasks] = await Promise.all([
      client.request('models.list', null),
      client.request('models.offered', null),
      client.request('tasks.list', null),
    ]);
    set({ models, offered, tasks });
  };
  client.on('models', () => {
    void get().attempt(loadModels);
  });
  client.on('task', (task) => {
    set(({ tasks }) => ({ tasks: [...tasks.filter(({ id }) => id !== task.id), task] }));
    if (task.kind === 'download' && task.state === 'done') get().notify('ok', `${task.subject} is ready.`);
    if (task.fault !== null && task.state === 'failed') get().notify('bad', task.fault.message, task.fault.hint);
  });
  return {
    models: [],
    offered: [],
    tasks: [],
    loadModels,
    downloadModel: (id) => {
      get().setSettings({ modelOffer: 'accepted' });
      void get().attempt(() => client.request('models.download', { id }));
    },
    cancelTask: (id) => {
      void get().attempt(() => client.request('tasks.cancel', { id }));
    },
  };
}
