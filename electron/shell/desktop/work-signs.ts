import type { BrowserWindow, Notification, PowerSaveBlocker } from 'electron';
import type { Task } from '../../contract/channels.ts';
import type { ItemProgress, Queue, QueueItem } from '../../contract/queue.ts';

export interface WorkSignsSetting {
  powerSaveBlocker: Pick<PowerSaveBlocker, 'start' | 'stop'>;
  Notification: typeof Notification;
  window: Pick<BrowserWindow, 'setProgressBar' | 'isFocused' | 'isDestroyed' | 'show' | 'focus'>;
  now?: () => number;
}

/** Songs that took less than this are announced to nobody. */
const longMs = 30_000;
const noProgress = -1;

/** What the system is told of the work: that it must stay awake, how far a song has come, and that one is done. */
export class WorkSigns {
  readonly #setting: WorkSignsSetting;
  readonly #now: () => number;
  readonly #tasks = new Set<string>();
  /** Kept, or a click on one would reach nobody. */
  readonly #notifications = new Set<Notification>();
  #running: { id: string; since: number } | null = null;
  #blocker: number | null = null;

  constructor(setting: WorkSignsSetting) {
    this.#setting = setting;
    this.#now = setting.now ?? Date.now;
  }

  /** Whether something would be lost, or have to begin anew, if the program ended now. */
  get isWorking(): boolean {
    return this.#running !== null || this.#tasks.size > 0;
  }

  queue({ items }: Queue): void {
    const running = items.find(({ state }) => state === 'running');
    const last = this.#running;
    if (running?.id === last?.id) {
      return;
    }
    this.#running = running === undefined ? null : { id: running.id, since: this.#now() };
    this.#show(noProgress);
    this.#stayAwake();
    const ended = items.find(({ id }) => id === last?.id);
    if (last !== null && ended !== undefined && this.#now() - last.since >= longMs) {
      this.#announce(ended);
    }
  }

  progress({ id, progress }: ItemProgress): void {
    if (id === this.#running?.id && progress.phase === 'separate') {
      this.#show(progress.fraction);
    }
  }

  task({ id, state }: Task): void {
    if (state === 'running') {
      this.#tasks.add(id);
    } else {
      this.#tasks.delete(id);
    }
    this.#stayAwake();
  }

  close(): void {
    this.#running = null;
    this.#tasks.clear();
    this.#stayAwake();
  }

  #stayAwake(): void {
    const { powerSaveBlocker } = this.#setting;
    if (this.isWorking) {
      this.#blocker ??= powerSaveBlocker.start('prevent-app-suspension');
    } else if (this.#blocker !== null) {
      powerSaveBlocker.stop(this.#blocker);
      this.#blocker = null;
    }
  }

  #show(fraction: number): void {
    if (!this.#setting.window.isDestroyed()) {
      this.#setting.window.setProgressBar(fraction);
    }
  }

  #announce({ title, state, fault }: QueueItem): void {
    const { Notification, window } = this.#setting;
    if ((state !== 'done' && state !== 'failed') || window.isDestroyed() || window.isFocused() || !Notification.isSupported()) {
      return;
    }
    const text = state === 'done' ? { title: `${title} is separated`, body: 'Its stems are ready.' } : { title: `${title} could not be separated`, body: fault?.message ?? '' };
    const notification = new Notification(text);
    this.#notifications.add(notification);
    notification.on('click', () => {
      window.show();
      window.focus();
    });
    notification.on('close', () => {
      this.#notifications.delete(notification);
    });
    notification.show();
  }
}
