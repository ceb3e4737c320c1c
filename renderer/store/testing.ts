import type { StudioClient } from '../client/client.ts';
import type { MonitorChoice, TimePitch } from '../client/contract.ts';
import type { OutputListener, PlayableSong, Player } from './player.ts';

type Answers = Readonly<Record<string, (args: never) => unknown>>;

/** A client whose answers are given, and which can be made to tell events. */
export class FakeClient implements StudioClient {
  readonly seesPaths: boolean = false;
  readonly asked: [channel: string, args: unknown][] = [];
  readonly #answers: Answers;
  readonly #listeners = new Map<string, Set<(data: unknown) => void>>();
  #onConnection: (isConnected: boolean) => void = () => undefined;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  request: StudioClient['request'] = async (channel, args) => {
    this.asked.push([channel, args]);
    const answer = this.#answers[channel];
    if (answer === undefined) throw new Error(`${channel}: not expected`);
    return (await answer(args as never)) as never;
  };

  on: StudioClient['on'] = (event, listener) => {
    const all = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, all.add(listener as (data: unknown) => void));
    return () => all.delete(listener as (data: unknown) => void);
  };

  onConnection: StudioClient['onConnection'] = (listener) => {
    this.#onConnection = listener;
    return () => undefined;
  };

  pathOf: StudioClient['pathOf'] = (file, onProgress) => {
    onProgress(0.5);
    return Promise.resolve(`/uploads/${file.name}`);
  };

  read: StudioClient['read'] = () => Promise.reject(new Error('nothing to read'));

  close(): void {
    this.#listeners.clear();
  }

  tell(event: string, data: unknown): void {
    this.#listeners.get(event)?.forEach((listener) => { listener(data); });
  }

  connect(isConnected: boolean): void {
    this.#onConnection(isConnected);
  }
}

/** A player that only remembers. */
export class FakePlayer implements Player {
  song: PlayableSong | null = null;
  choice: MonitorChoice | null = null;
  timePitch: TimePitch | null = null;
  at = 0;
  loop: readonly [number, number] | null = null;
  tellOutput: OutputListener = () => undefined;
  readonly tracks = new Map<string, [gain: number, pan: number]>();
  #tell: (isPlaying: boolean, fault?: Error) => void = () => undefined;

  choose(choice: MonitorChoice): void {
    this.choice = choice;
  }
  prepare(): Promise<void> {
    return Promise.resolve();
  }
  reopen(): Promise<void> {
    return Promise.resolve();
  }
  setTimePitch(timePitch: TimePitch): void {
    this.timePitch = timePitch;
  }
  load(song: PlayableSong | null, keepsPlace: boolean): void {
    this.song = song;
    if (!keepsPlace) this.at = 0;
  }
  play(): void {
    this.#tell(true);
  }
  pause(): void {
    this.#tell(false);
  }
  seek(seconds: number): void {
    this.at = seconds;
  }
  position(): number {
    return this.at;
  }
  setLoop(loop: readonly [number, number] | null): void {
    this.loop = loop;
  }
  setTrack(name: string, gain: number, pan: number): void {
    this.tracks.set(name, [gain, pan]);
  }
  levels(): { left: number; right: number } {
    return { left: 0, right: 0 };
  }
  onState(listener: (isPlaying: boolean, fault?: Error) => void): () => void {
    this.#tell = listener;
    return () => undefined;
  }
  onOutput(listener: OutputListener): () => void {
    this.tellOutput = listener;
    return () => undefined;
  }
  close(): void {
    this.song = null;
  }
}
