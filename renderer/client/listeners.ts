import { events, type EventData, type EventName } from '../../electron/contract/channels.ts';

/** Who listens to which event. What is told is parsed first. */
export class Listeners {
  readonly #listeners = new Map<EventName, Set<(data: never) => void>>();

  /** @returns what stops the listening */
  add<E extends EventName>(event: E, listener: (data: EventData<E>) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  tell(event: EventName, data: unknown): void {
    // It is parsed with this event's own schema.
    const parsed = events[event].parse(data) as never;
    for (const listener of this.#listeners.get(event) ?? []) listener(parsed);
  }
}
