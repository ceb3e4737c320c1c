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
  const tellPrint = ({ subject }: Task): void => {
    const isNew = get().finished?.tracks.some(({ name }) => name === subject) !== true;
    void get().reloadProject();
    get().notify('ok', `${subject} is printed.`, isNew ? 'It is a track of the song, muted at first.' : 'It is up to date again.');
  };
  const tell = (task: Task): void => {
    // The dialog of an export tells of its end itself.
    if (task.kind === 'export' && get().dialog === 'export') return;
    if (task.fault !== null && task.state === 'failed') {
      const { text, hint } = explain(task.fault);
      get().notify('bad', text, hint);
    } else if (task.state === 'done') {
      if (task.kind === 'export') tellExport(task);
      else if (task.kind === 'print') tellPrint(task);
      else get().notify('ok', `${task.subject} is ready.`);
    }
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
