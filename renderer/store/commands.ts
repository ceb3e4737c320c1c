interface Command {
  key: string;
  work: () => Promise<void>;
  done: Promise<void>;
  settle: (done: Promise<void>) => void;
}

/** Runs one piece of work after another. What has not begun gives way to what comes later under the same key. */
export class Commands {
  readonly #waiting: Command[] = [];
  #isBusy = false;
  #settling = 0;

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Fulfilled or rejected as the work is that was done under this key in the end. */
  run(key: string, work: () => Promise<void>): Promise<void> {
    const waiting = this.#waiting.find((command) => command.key === key);
    if (waiting !== undefined) {
      waiting.work = work;
      return waiting.done;
    }
    let settle: Command['settle'] = () => undefined;
    const done = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#waiting.push({ key, work, done, settle });
    if (!this.#isBusy) void this.#work();
    return done;
  }

  /** Once all that waits or runs now is done. */
  settled(): Promise<void> {
    this.#settling += 1;
    return this.run(`settled ${this.#settling}`, () => Promise.resolve());
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    for (let command = this.#waiting.shift(); command !== undefined; command = this.#waiting.shift()) {
      const done = command.work();
      command.settle(done);
      await done.catch(() => undefined);
    }
    this.#isBusy = false;
  }
}
