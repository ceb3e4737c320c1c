import type { Task } from '../client/contract.ts';
import { explain } from './faults.ts';
import type { Parts, TasksSlice } from './state.ts';

export function createTasksSlice({ client, set, get }: Parts): TasksSlice {
  const revealTask = (id: string): void => {
    void get().attempt(() => client.request('tasks.reveal', { id }));
  };
  const tellExport = ({ id, subject, folder }: Task): void => {
    if (folder === null) get().notify('ok', `${subject} is exported, and being downloaded.`);
    else get().notify('ok', `${subject} is exported.`, '', { label: 'Open folder', run: () => { revealTask(id); } });
  };
  const tell = (task: Task): void => {
    if (task.state === 'failed' && task.fault !== null) {
      const { text, hint } = explain(task.fault);
      get().notify('bad', text, hint);
    } else if (task.state === 'done' && task.kind === 'download') get().notify('ok', `${task.subject} is ready.`);
    // The dialog of an export tells of its end itself.
    else if (task.state === 'done' && get().dialog !== 'export') tellExport(task);
  };
  client.on('task', (task) => {
    set(({ tasks }) => ({ tasks: [...tasks.filter(({ id }) => id !== task.id), task] }));
    tell(task);
  });
  return {
    tasks: [],
    loadTasks: async () => {
      set({ tasks: await client.request('tasks.list', null) });
    },
    cancelTask: (id) => {
      void get().attempt(() => client.request('tasks.cancel', { id }));
    },
    revealTask,
  };
}
