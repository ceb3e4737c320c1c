import type { StudioClient } from '../client/client.ts';
import { StemwrightError, toFault, type Meters, type MonitorChoice, type MonitorState, type TimePitch, type TransportState } from '../client/contract.ts';
import { SongClock } from '../units/song-clock.ts';
import { Commands } from './commands.ts';
import type { PageOutput } from './page-output.ts';
import type { Levels, OutputListener, PlayableSong, Player } from './player.ts';

/** After a command the engine's readings may still be of before. */
const settleMs = 400;
/** A place that was sought is reached when what is heard is this near. */
const nearSeconds = 0.15;
/** Two readings of the same place of a song that stands differ by the rounding of another rate. */
const sameSeconds = 0.002;
/** A place that was sought and is not reached by then never will be. */
const longestSeconds = 2;
/** Of the models, and so of most songs. */
const usualRate = 44_100;
const staleMs = 500;
const keptMeters = 40;

/** Where the playhead was put. */
interface Sought {
  seconds: number;
  answeredAt: number;
  isHeard: boolean;
}

const noLevels: Levels = { left: 0, right: 0 };
const now = (): number => performance.now() / 1000;
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * Plays through the engine's monitor: on a sound device, or where there is none as the page itself can. What is set before
 * anything is open is told when it is.
 */
export class EnginePlayer implements Player {
  readonly #client: StudioClient;
  readonly #output: PageOutput | null;
  readonly #listeners = new Set<(isPlaying: boolean, fault?: Error) => void>();
  readonly #clock = new SongClock();
  readonly #tracks = new Map<string, { gain: number; pan: number }>();
  readonly #commands = new Commands();
  #choice: MonitorChoice = { device: null, rate: null, blockFrames: null, inputs: 0 };
  #state: MonitorState | null = null;
  #song: PlayableSong | null = null;
  #loop: readonly [number, number] | null = null;
  #timePitch: TimePitch = { semitones: 0, speed: 1 };
  #isPlaying = false;
  /** Until then readings may be of before the last command. */
  #settledAt = 0;
  /** Until that is heard, and as long as it stands there. */
  #sought: Sought | null = null;
  #meters: { at: number; meters: Meters }[] = [];

  constructor(client: StudioClient, output: ((isNeeded: () => boolean) => PageOutput) | null) {
    this.#client = client;
    this.#output = output?.(() => this.#isPlaying) ?? null;
    client.on('monitor', (state) => {
      this.#follow(state);
    });
    client.on('transport', (transport) => {
      this.#read(transport);
    });
    client.on('meters', (meters) => {
      this.#meters = [...this.#meters.slice(1 - keptMeters), { at: now(), meters }];
    });
    client.onConnection((isConnected) => {
      if (isConnected) void this.#meet();
      else this.#follow(null);
    });
  }

  choose(choice: MonitorChoice): void {
    this.#choice = choice;
  }

  prepare(): Promise<void> {
    return this.#commands.run('prepare', async () => {
      await this.#opened();
      await this.#loaded();
    });
  }

  reopen(): Promise<void> {
    const place = this.position();
    return this.#commands.run('reopen', async () => {
      this.#state = null;
      this.#put(place);
      await this.#opened();
      await this.#loaded();
      if (this.#isPlaying) await this.#started();
    });
  }

  load(song: PlayableSong | null, keepsPlace: boolean): void {
    const before = this.#song;
    const goesOn = keepsPlace && song !== null && before !== null && song.rate === before.rate;
    this.#song = song;
    if (!goesOn) {
      const place = keepsPlace ? this.position() : 0;
      this.#loop = null;
      this.#clock.setLoop(null);
      this.#put(place);
      this.#stand();
    }
    // What is loaded later, as it is played, is loaded where the playhead is.
    if (this.#state === null) return;
    this.#run('load', async () => {
      if (this.#song !== null) await this.#loaded(goesOn);
      else if (this.#state?.project === before?.id) await this.#client.request('monitor.unload', null);
    });
  }

  play(): void {
    const song = this.#song;
    if (song === null || this.#isPlaying) return;
    if (this.position() >= song.frames / song.rate) this.seek(0);
    this.#tell(true);
    this.#run('transport', async () => {
      await this.#opened();
      await this.#loaded();
      if (this.#isPlaying) await this.#started();
    });
  }

  pause(): void {
    if (!this.#isPlaying) return;
    this.#tell(false);
    this.#run('transport', async () => {
      if (this.#isPlaying || this.#state === null) return;
      await this.#client.request('monitor.pause', null);
      this.#settle();
    });
  }

  seek(seconds: number): void {
    const song = this.#song;
    if (song === null) return;
    this.#put(Math.min(song.frames / song.rate, Math.max(0, seconds)));
    if (!this.#isLoaded()) return;
    this.#run('seek', async () => {
      const sought = this.#sought;
      if (sought === null || !this.#isLoaded()) return;
      await this.#client.request('monitor.seek', { frame: Math.round(sought.seconds * song.rate) });
      sought.answeredAt = now();
    });
  }

  position(): number {
    const song = this.#song;
    if (song === null) return 0;
    // What comes out of the loudspeaker now was made then.
    const time = now() - (this.#output?.latency ?? 0);
    const heard = Math.min(this.#clock.at(time), song.frames / song.rate);
    const sought = this.#sought;
    if (sought === null) return heard;
    const gap = Math.abs(heard - sought.seconds);
    if (!sought.isHeard) this.#hear(sought, time, gap);
    if (!sought.isHeard || gap < sameSeconds) return sought.seconds;
    this.#sought = null;
    return heard;
  }

  setLoop(loop: readonly [number, number] | null): void {
    this.#loop = loop;
    this.#clock.setLoop(loop);
    this.#run('loop', () => this.#tellLoop());
  }

  setTrack(name: string, gain: number, pan: number): void {
    const before = this.#tracks.get(name);
    if (before?.gain === gain && before.pan === pan) return;
    this.#tracks.set(name, { gain, pan });
    this.#run(`track ${name}`, async () => {
      const index = this.#song?.tracks.findIndex((track) => track.name === name) ?? -1;
      if (index >= 0 && this.#isLoaded()) await this.#client.request('monitor.setStrip', { index, strip: this.#strip(name) });
    });
  }

  setTimePitch(timePitch: TimePitch): void {
    this.#timePitch = timePitch;
    this.#run('pitch', () => this.#tellTimePitch());
  }

  levels(name?: string): Levels {
    const time = now() - (this.#output?.latency ?? 0);
    const reading = this.#meters.findLast(({ at }) => at <= time) ?? this.#meters[0];
    if (reading === undefined || time - reading.at > staleMs / 1000) return noLevels;
    const index = this.#song?.tracks.findIndex((track) => track.name === name) ?? -1;
    const found = name === undefined ? reading.meters.master : this.#isLoaded() ? reading.meters.strips[index] : undefined;
    return found === undefined ? noLevels : { left: found.peak[0], right: found.peak[1] };
  }

  onState(listener: (isPlaying: boolean, fault?: Error) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onOutput(listener: OutputListener): () => void {
    return this.#output?.onChange(listener) ?? (() => undefined);
  }

  close(): void {
    this.pause();
    this.#output?.stop();
  }

  /** What was heard before the answer may be of an earlier visit to the same place. */
  #hear(sought: Sought, time: number, gap: number): void {
    const notedAt = this.#clock.notedAt(time);
    const isReached = notedAt > sought.answeredAt && gap < nearSeconds;
    sought.isHeard = isReached || time - sought.answeredAt > longestSeconds;
    // Should sound come out later from now on, that is not where it goes back to.
    if (isReached) this.#clock.forgetBefore(notedAt);
  }

  #put(seconds: number): void {
    this.#sought = { seconds, answeredAt: Infinity, isHeard: false };
    if (this.#isLoaded()) return;
    this.#clock.put(seconds);
    this.#sought.isHeard = true;
  }

  #settle(): void {
    this.#settledAt = performance.now() + settleMs;
  }

  #isLoaded(): boolean {
    return this.#song !== null && this.#state?.project === this.#song.id;
  }

  #strip(name: string): MonitorState['input'] {
    const { gain, pan } = this.#tracks.get(name) ?? { gain: 1, pan: 0 };
    // Who is heard beside whom is the page's own rule.
    return { gain, pan, isMuted: false, isSolo: false };
  }

  async #started(): Promise<void> {
    await this.#client.request('monitor.play', null);
    this.#settle();
    if (this.#state?.isSilent === true) this.#output?.start();
  }

  async #opened(): Promise<void> {
    if (this.#state !== null) return;
    const { device, rate } = this.#choice;
    // Without a device time passes all the same, and the page may be able to play: at the song's rate, so that samples stay as they are.
    const silent = { device: 'none', rate: rate ?? this.#song?.rate ?? usualRate, blockFrames: null, inputs: 0 };
    try {
      this.#state = await this.#client.request('monitor.open', device === 'none' ? silent : this.#choice);
    } catch (error) {
      if (device === 'none' || toFault(error).code !== 'output') throw error;
      this.#state = await this.#client.request('monitor.open', silent);
      if (device !== null) this.#tell(this.#isPlaying, error instanceof Error ? error : undefined);
    }
    await this.#tellTimePitch();
  }

  /** @param goesOn where the song before is, playing on if that plays */
  async #loaded(goesOn = false): Promise<void> {
    const song = this.#song;
    if (song === null || this.#state === null) return;
    const tracks = song.tracks.map(({ kind, name }) => ({ kind, name, strip: this.#strip(name) }));
    const isThere = this.#isLoaded() && isSame(this.#state.tracks.map(({ name }) => name), tracks.map(({ name }) => name));
    if (isThere && !goesOn) return;
    const position = goesOn && this.#isLoaded() ? null : Math.round(this.position() * song.rate);
    this.#state = await this.#client.request('monitor.load', { project: song.id, tracks, position });
    if (this.#sought !== null && position !== null) this.#sought.answeredAt = now();
    await this.#tellLoop();
  }

  async #tellLoop(): Promise<void> {
    const song = this.#song;
    if (song === null || !this.#isLoaded()) return;
    const [start, end] = this.#loop ?? [0, 0];
    await this.#client.request('monitor.loop', { range: this.#loop === null ? null : [Math.round(start * song.rate), Math.round(end * song.rate)] });
  }

  async #tellTimePitch(): Promise<void> {
    const state = this.#state;
    if (state === null) return;
    if (isSame(state.timePitch, this.#timePitch)) return;
    await this.#client.request('monitor.setTimePitch', { timePitch: this.#timePitch });
    this.#state = { ...state, timePitch: this.#timePitch };
  }

  /** The connection is there, perhaps again: what is open there, and is the song in place? */
  async #meet(): Promise<void> {
    try {
      this.#follow(await this.#client.request('monitor.state', null));
      if (this.#state !== null && this.#song !== null) await this.#loaded();
    } catch (error) {
      this.#fail(error);
    }
  }

  #follow(state: MonitorState | null): void {
    const isTaken = this.#isLoaded() && state?.project !== this.#song?.id && !this.#commands.isBusy;
    if (isTaken) this.#clock.put(this.position());
    this.#state = state;
    if (isTaken || state === null) this.#stand();
    if (state?.isSilent !== true) this.#output?.stop();
  }

  #read({ project, position, isPlaying, isWaiting }: TransportState): void {
    const song = project === this.#song?.id ? this.#song : null;
    if (song === null) return;
    const speed = isPlaying && !isWaiting ? this.#timePitch.speed : 0;
    this.#clock.note(now(), position / song.rate, speed);
    if (isPlaying === this.#isPlaying || this.#commands.isBusy || performance.now() < this.#settledAt) return;
    // It came to its end, a device went away, or another page began it.
    this.#tell(isPlaying);
    if (isPlaying && this.#state?.isSilent === true) this.#output?.start();
  }

  #stand(): void {
    if (this.#isPlaying) this.#tell(false);
  }

  #run(key: string, work: () => Promise<void>): void {
    this.#commands.run(key, work).catch((error: unknown) => {
      this.#fail(error);
    });
  }

  #fail(error: unknown): void {
    this.#tell(false, error instanceof Error ? error : new StemwrightError('internal', String(error)));
  }

  #tell(isPlaying: boolean, fault?: Error): void {
    this.#isPlaying = isPlaying;
    for (const listener of this.#listeners) listener(isPlaying, fault);
  }
}
