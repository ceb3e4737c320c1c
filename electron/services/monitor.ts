import type { Effect, EffectPlace, EffectStrip, ModeLoad, PlacedEffect, ReverbEffect, Send } from '../contract/effects.ts';
import { printable, StemwrightError } from '../contract/errors.ts';
import type { LoopbackLatency, Meters, MonitorChoice, MonitorLoad, MonitorState, SoundDevices, TransportState } from '../contract/monitor.ts';
import type { TimePitch } from '../contract/rhythm.ts';
import { fromNative } from '../engine/errors.ts';
import type { MonitorMeters, MonitorSong, MonitorStrip, NativeMonitor } from '../engine/native-sound.ts';
import type { NativeModule } from '../engine/native.ts';
import { EffectRack, type TailDevice } from './effect-rack.ts';
import { LostTails } from './lost-tails.ts';
import { MonitorDevices, type Loaded, type Open } from './monitor-device.ts';
import { sameRanges, type FrameRanges, type PlayableSong } from './playable-song.ts';
import type { ResponseStore } from './response-library.ts';
import { Turns } from './turns.ts';

const readingsPerSecond = 30;

export interface MonitorContext {
  native: NativeModule;
  responses: ResponseStore;
  tailDevice: TailDevice;
  /** A project with all its tracks, or the song that is being separated. */
  find: (id: string) => Promise<PlayableSong>;
  /** Whether anyone wants meters and the transport's state. */
  isHeeded: () => boolean;
  onState: (state: MonitorState | null) => void;
  /** Sound devices have come or gone. */
  onDevices: () => void;
  onMeters: (meters: Meters) => void;
  onTransport: (transport: TransportState) => void;
}

/** The one monitor of a studio: a device, a project's song, effects. Every method may throw a StemwrightError. */
export class Monitor {
  readonly #context: MonitorContext;
  readonly #turns = new Turns();
  /** It outlives what is open. */
  readonly #effects: EffectRack;
  readonly #devices: MonitorDevices;
  readonly #lostTails = new LostTails(() => this.#retryGpu());
  /** The newest for each place that waits for its turn. */
  readonly #wishes = new Map<string, symbol>();
  #open: Open | null = null;
  #latestTimePitch: TimePitch | null = null;

  constructor(context: MonitorContext) {
    this.#context = context;
    this.#effects = new EffectRack(context.responses, context.tailDevice, (message) => {
      if (this.#open !== null) {
        this.#open.notice = message;
        this.#changed();
      }
    });
    this.#devices = new MonitorDevices(context.native, (native) => this.#effects.putAll(native));
  }

  devices(): Promise<SoundDevices> {
    return this.#devices.list(this.#open);
  }

  get state(): MonitorState | null {
    if (this.#open === null) {
      return null;
    }
    const { choice, native, loaded, input, master, timePitch, loopback, notice } = this.#open;
    const { device, isSilent, rate, blockFrames, inputs } = native.info;
    return {
      ...{ choice, device, isSilent, rate, blockFrames: blockFrames === 0 ? null : blockFrames, inputs, project: loaded?.project ?? null },
      tracks: loaded?.tracks ?? [],
      ...{ input, master, loop: loaded?.loop ?? null, timePitch },
      ...{ effects: this.#effects.placed(), sends: this.#effects.sends() },
      ...{ loopback, notice },
    };
  }

  /** In the place of the one before, which is gone even when this fails: a device is often had by one only. */
  open(choice: MonitorChoice): Promise<MonitorState> {
    return this.#inTurn(async () => {
      const notice = await this.#end();
      const native = await this.#devices.open(choice);
      this.#open = {
        ...{ choice, native, notice, loaded: null, master: 1 },
        input: { gain: 1, pan: 0, isMuted: true, isSolo: false },
        timePitch: { semitones: 0, speed: 1 },
        loopback: null,
        timer: this.#startReading(),
        goneAt: null,
      };
      await this.#effects.putAll(native);
      return this.#changed();
    });
  }

  /** Idempotent. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#open === null) {
        return;
      }
      const unsaved = await this.#end();
      this.#context.onState(null);
      if (unsaved !== null) {
        throw new StemwrightError('output', unsaved, 'Free some space, and see that its folder may be written to.');
      }
    });
  }

  load({ project, tracks, position }: MonitorLoad): Promise<MonitorState> {
    return this.#inTurn(async () => {
      const open = this.#need();
      const found = await this.#context.find(project);
      const song: MonitorSong = { tracks: tracksIn(found, tracks), rate: found.rate, finished: found.finished, position };
      const effects = await this.#effects.load(open.native, { project, folder: found.folder }, tracks);
      await open.native.load({ ...song, effects: effects.effects });
      open.loaded = { project, tracks: [...tracks], song, frames: found.frames, loop: position === null ? (open.loaded?.loop ?? null) : null };
      if (position !== null) {
        open.native.loop(null);
      }
      await effects.loaded();
      return this.#changed();
    });
  }

  /** No song: all of them, or the one of that project alone. */
  unload(project?: string): Promise<void> {
    return this.#inTurn(async () => {
      const open = this.#open;
      if (open?.loaded !== null && open !== null && (project ?? open.loaded.project) === open.loaded.project) {
        open.native.unload();
        open.loaded = null;
        open.notice = (await this.#effects.unload()) ?? open.notice;
        this.#changed();
      }
    });
  }

  /** The song that is being separated is final there. */
  setFinished(id: string, finished: FrameRanges): Promise<void> {
    return this.#inTurn(() => {
      const loaded = this.#open?.loaded;
      if (loaded?.project === id && loaded.song.finished !== null && !sameRanges(loaded.song.finished, finished)) {
        this.#open?.native.setFinished(finished);
        loaded.song.finished = finished;
      }
      return Promise.resolve();
    });
  }

  /** The song that was being separated is a project now: it plays on, and from the project's files if it is put anywhere else. */
  settle(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const loaded = this.#open?.loaded;
      if (loaded?.project !== id || loaded.song.finished === null) {
        return;
      }
      this.#open?.native.setFinished([[0, loaded.frames]]);
      const found = await this.#context.find(id);
      loaded.song = { ...loaded.song, tracks: tracksIn(found, loaded.tracks), finished: null };
      this.#effects.settle({ project: id, folder: found.folder });
    });
  }

  play(): Promise<void> {
    return this.#withSong(({ native }) => {
      native.play();
    });
  }

  pause(): Promise<void> {
    return this.#withSong(({ native }) => {
      native.pause();
    });
  }

  /** @param frame of the project */
  seek(frame: number): Promise<void> {
    return this.#withSong(({ native }, { frames }) => {
      native.seek(Math.min(frame, frames));
    });
  }

  loop(range: [number, number] | null): Promise<void> {
    return this.#withSong(({ native }, loaded) => {
      native.loop(range);
      loaded.loop = range;
    });
  }

  /** One that is overtaken by another while it waits for its turn is left out. */
  setTimePitch(timePitch: TimePitch): Promise<void> {
    this.#latestTimePitch = timePitch;
    return this.#inTurn(async () => {
      const open = this.#need();
      if (this.#latestTimePitch !== timePitch) {
        return;
      }
      await open.native.setTimePitch(timePitch.semitones, timePitch.speed);
      open.timePitch = timePitch;
    });
  }

  /** @param index of the track as it was loaded */
  setStrip(index: number, strip: MonitorStrip): Promise<void> {
    return this.#withSong(({ native }, { song, tracks }) => {
      const [played, told] = [song.tracks[index], tracks[index]];
      if (played === undefined || told === undefined) {
        throw new StemwrightError('usage', `no track ${index} is loaded`, 'Load the project again.');
      }
      native.setStrip(index, strip);
      played.strip = strip;
      tracks[index] = { ...told, strip };
    });
  }

  setMaster(gain: number): Promise<void> {
    return this.#with((open) => {
      open.native.setMaster(gain);
      open.master = gain;
    });
  }

  setInput(strip: MonitorStrip): Promise<void> {
    return this.#with((open) => {
      const { native } = open;
      if (native.info.inputs === 0) {
        throw new StemwrightError('usage', `${printable(native.info.device)} was opened without an input`, 'Open a device that has one, with inputs.');
      }
      native.setInput(strip);
      open.input = strip;
    });
  }

  resetCounters(): Promise<void> {
    return this.#with(({ native }) => {
      native.resetCounters();
    });
  }

  measureLatency(): Promise<LoopbackLatency> {
    return this.#inTurn(async () => {
      const open = this.#need();
      const { inputs, device, rate } = open.native.info;
      if (inputs === 0) {
        throw new StemwrightError('usage', `${printable(device)} was opened without an input`, 'Open a device that has one, with inputs.');
      }
      const frames = await open.native.measureLatency().catch((error: unknown) => {
        const fault = fromNative(error);
        const isUnheard = fault instanceof StemwrightError && fault.code === 'output';
        throw isUnheard ? new StemwrightError('output', fault.message, 'Connect an output with an input by a cable, turn both up, and measure again.', { cause: error }) : fault;
      });
      open.loopback = { frames, seconds: frames / rate };
      this.#changed();
      return open.loopback;
    });
  }

  /** Where a device is open it is let go meanwhile: the list stays as it was while any is. */
  refreshDevices(): Promise<SoundDevices> {
    return this.#inTurn(async () => {
      const open = this.#open;
      if (open === null || open.native.info.isSilent) {
        return this.devices();
      }
      const before = open.native.info.device;
      const devices = await this.#devices.refresh(open);
      if (open.native.info.device !== before) {
        this.#changed();
      }
      return devices;
    });
  }

  /** Null takes it out. One that another has overtaken, as a knob is turned, is left out; the answer is then what is there. */
  setEffect(place: EffectPlace, effect: Effect | null): Promise<PlacedEffect | null> {
    const key = JSON.stringify(place);
    const wish = Symbol(key);
    this.#wishes.set(key, wish);
    return this.#withEffects(async (native) => {
      if (this.#wishes.get(key) !== wish) {
        return this.#effects.at(place);
      }
      this.#wishes.delete(key);
      return this.#effects.set(native, place, effect);
    });
  }

  moveEffect(place: EffectPlace, slot: number): Promise<void> {
    return this.#withEffects((native) => this.#effects.move(native, place, slot));
  }

  setChain(strip: EffectStrip, effects: readonly (Effect | null)[]): Promise<MonitorState> {
    return this.#withEffects((native) => this.#effects.setChain(native, strip, effects)).then(() => this.#changed());
  }

  effectsOf(strip: EffectStrip): (Effect | null)[] {
    this.#need();
    return this.#effects.effectsOf(strip);
  }

  /** Writes down what was changed of a project's. */
  saveEffects(): Promise<void> {
    return this.#inTurn(() => this.#effects.flush());
  }

  /** Not in its turn: nothing waits for it. */
  async measureModes(effect: ReverbEffect): Promise<ModeLoad[]> {
    const { native } = this.#need();
    try {
      return await this.#effects.measureModes(native, effect);
    } catch (error) {
      throw fromNative(error);
    }
  }

  /** Responses that were missing may be there now. */
  findResponses(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#open !== null && (await this.#effects.findMissing(this.#open.native))) {
        this.#changed();
      }
    });
  }

  setSend(send: Send): Promise<void> {
    return this.#withEffects((native) => {
      this.#effects.setSend(native, send);
      return Promise.resolve();
    });
  }

  /** The project's tracks have changed on disk. */
  refresh(project: string): Promise<void> {
    return this.#inTurn(() => {
      const loaded = this.#open?.loaded;
      if (loaded?.project === project) {
        this.#open?.native.refresh([0, loaded.frames]);
      }
      return Promise.resolve();
    });
  }

  /** Up to so many frames of what a silent monitor would have played since the last call, as f32le; null where there is none. */
  readOutput(frames: number): { rate: number; bytes: Buffer } | null {
    const native = this.#open?.native;
    return native?.info.isSilent === true ? { rate: native.info.rate, bytes: native.readOutput(frames) } : null;
  }

  /** How many times as fast as its rate says a silent monitor runs: whoever plays its output has a clock of its own. */
  setPace(pace: number): void {
    this.#open?.native.setPace(pace);
  }

  #startReading(): NodeJS.Timeout {
    return setInterval(() => {
      this.#read();
    }, 1000 / readingsPerSecond);
  }

  #read(): void {
    const open = this.#open;
    if (open === null) {
      return;
    }
    const meters = open.native.meters();
    if (!meters.isDeviceRunning) {
      this.#care(open, () => this.#devices.fallBack(open));
      return;
    }
    this.#look(open);
    this.#lostTails.look(meters);
    if (!this.#context.isHeeded()) {
      return;
    }
    this.#context.onMeters(metersOf(meters));
    const { position, isPlaying, isWaiting, lateReads } = meters;
    this.#context.onTransport({ project: open.loaded?.project ?? null, position, isPlaying, isWaiting, lateReads });
  }

  #retryGpu(): Promise<boolean> {
    return this.#inTurn(async () => {
      const native = this.#open?.native;
      const isDone = native !== undefined && (await this.#effects.retryGpu(native, LostTails.in(native.meters())));
      if (isDone) {
        this.#changed();
      }
      return isDone;
    });
  }

  #look(open: Open): void {
    const { haveChanged, work } = this.#devices.look(open);
    if (haveChanged) {
      this.#context.onDevices();
    }
    if (work !== null) {
      this.#care(open, work);
    }
  }

  /** Work in its turn, without readings meanwhile; what cannot be mended closes the monitor. */
  #care(open: Open, work: () => Promise<unknown>): void {
    clearInterval(open.timer);
    const run = async (): Promise<void> => {
      if (this.#open === open) {
        const before = open.native;
        await work();
        open.timer = this.#startReading();
        if (open.native !== before) {
          this.#changed();
        }
      }
    };
    void this.#inTurn(run).catch(() => this.close()).catch(() => undefined);
  }

  /** @return what is to be said of effects that could not be kept; the device is let go all the same */
  async #end(): Promise<string | null> {
    const open = this.#open;
    if (open === null) {
      return null;
    }
    this.#open = null;
    clearInterval(open.timer);
    this.#lostTails.clear();
    const unsaved = await this.#effects.unload();
    await open.native.close();
    return unsaved;
  }

  #changed(): MonitorState {
    const { state } = this;
    if (state === null) {
      throw new Error('no monitor is open');
    }
    this.#context.onState(state);
    return state;
  }

  #need(): Open {
    if (this.#open === null) {
      throw new StemwrightError('usage', 'no sound device is open', 'Open one first.');
    }
    return this.#open;
  }

  #with(work: (open: Open) => void): Promise<void> {
    return this.#inTurn(() => {
      work(this.#need());
      return Promise.resolve();
    });
  }

  #withSong(work: (open: Open, loaded: Loaded) => void): Promise<void> {
    return this.#with((open) => {
      if (open.loaded === null) {
        throw new StemwrightError('usage', 'no project is loaded', 'Load one first.');
      }
      work(open, open.loaded);
    });
  }

  async #withEffects<T>(work: (native: NativeMonitor) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      const done = await work(this.#need().native);
      this.#changed();
      return done;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take('monitor', async () => {
      try {
        return await work();
      } catch (error) {
        throw fromNative(error);
      }
    });
  }
}

/** What the engine gets to play, by the names of what was asked for. */
function tracksIn({ channels, tracks: known, finished }: PlayableSong, tracks: MonitorLoad['tracks']): MonitorSong['tracks'] {
  return tracks.map(({ kind, name, strip }) => {
    const track = known.find((other) => other.kind === kind && other.name === name);
    if (track === undefined) {
      throw new StemwrightError('usage', `the song has no track "${printable(name)}"`, 'Open it again: it may have changed.');
    }
    return { path: track.path, channels, isGrowing: finished !== null && kind !== 'original', isSoloSafe: kind === 'residual', strip };
  });
}

function metersOf(meters: MonitorMeters): Meters {
  const { strips, master, input, send, effects, loadMean, loadWorst, overloads, xruns, readFaults, nonFiniteBlocks, inputLatencySeconds, outputLatencySeconds } = meters;
  return { strips, master, input, send, effects, loadMean, loadWorst, overloads, xruns, readFaults, nonFiniteBlocks, inputLatencySeconds, outputLatencySeconds };
}
