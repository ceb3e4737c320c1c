import { printable, StemwrightError } from '../contract/errors.ts';
import type { LoopbackLatency, MonitorChoice, MonitorLoad, SoundDevices, Strip } from '../contract/monitor.ts';
import type { TimePitch } from '../contract/rhythm.ts';
import { fromNative } from '../engine/errors.ts';
import type { MonitorSong, NativeMonitor } from '../engine/native-sound.ts';
import type { NativeModule } from '../engine/native.ts';
import { DeviceWatch } from './device-watch.ts';

/** Not all systems say that a device has come back. */
const triesAgainMs = 5000;

export interface Loaded {
  project: string;
  tracks: MonitorLoad['tracks'];
  song: MonitorSong;
  frames: number;
  loop: [number, number] | null;
}

/** What is open, and all that another device has to be told to sound the same. */
export interface Open {
  choice: MonitorChoice;
  native: NativeMonitor;
  notice: string | null;
  loaded: Loaded | null;
  master: number;
  input: Strip;
  timePitch: TimePitch;
  loopback: LoopbackLatency | null;
  timer: NodeJS.Timeout;
  /** When the device that was chosen was last found missing; null while it is there. */
  goneAt: number | null;
}

/** The devices that a monitor may have: which there are, and another in the place of one that has gone. For one caller at a time. */
export class MonitorDevices {
  readonly #native: NativeModule;
  readonly #putEffects: (native: NativeMonitor) => Promise<void>;
  readonly #watch: DeviceWatch;

  /** @param putEffects all of them, into a device that has none */
  constructor(native: NativeModule, putEffects: (native: NativeMonitor) => Promise<void>) {
    this.#native = native;
    this.#putEffects = putEffects;
    this.#watch = new DeviceWatch(() => native.audioDeviceChanges());
  }

  async list(open: Open | null): Promise<SoundDevices> {
    // While one is open, the list stays as it was.
    if (open?.native.info.isSilent !== false) {
      this.#watch.listed();
    }
    const { isOutdated } = this.#watch;
    try {
      return { devices: await this.#native.audioDevices(), problem: null, isOutdated };
    } catch (error) {
      const fault = fromNative(error);
      if (!(fault instanceof StemwrightError)) {
        throw fault;
      }
      return { devices: [], problem: fault.message, isOutdated };
    }
  }

  /** @throws StemwrightError 'output', with what to do, when it cannot be had */
  async open({ device, rate, blockFrames, inputs }: MonitorChoice): Promise<NativeMonitor> {
    try {
      const native = await this.#native.openMonitor({ device, rate, blockFrames, inputs });
      this.#watch.listed();
      return native;
    } catch (error) {
      const fault = fromNative(error);
      if (!(fault instanceof StemwrightError) || fault.code !== 'output') {
        throw fault;
      }
      const { devices } = await this.list(null);
      const isThere = device === null ? devices.length > 0 : devices.some(({ id }) => id === device);
      const hint = isThere ? 'Another program may hold it for itself: close that, or choose another device, rate or buffer.' : 'Connect it, or choose another device.';
      throw new StemwrightError('output', fault.message, hint, { cause: error });
    }
  }

  /** Whether devices have come or gone since it was last looked, and what is to be done about that; null: nothing. */
  look(open: Open): { haveChanged: boolean; work: (() => Promise<void>) | null } {
    const other = this.#watch.look();
    const haveChanged = other !== null;
    if (open.goneAt !== null && (haveChanged || Date.now() - open.goneAt >= triesAgainMs)) {
      open.goneAt = Date.now();
      return { haveChanged, work: () => this.#comeBack(open) };
    }
    const isElsewhere = other?.defaultOutput === true && open.choice.device === null && !open.native.info.isSilent;
    return { haveChanged, work: isElsewhere ? () => this.#followDefault(open) : null };
  }

  /** The device has gone. All stands where it stood: on a default device that there still is, else without sound. */
  async fallBack(open: Open): Promise<void> {
    const before = open.native.info.device;
    await this.#reopen(open, false);
    const { isSilent, device } = open.native.info;
    const isSame = device === before;
    open.notice = isSilent ? goneNotice(before) : `${printable(before)} ${isSame ? 'stopped and was opened again' : `has gone: sound goes to ${printable(device)} now`}. Playing is paused.`;
  }

  /** Those that there are now: what is open is let go meanwhile. */
  async refresh(open: Open): Promise<SoundDevices> {
    const before = open.native.info.device;
    const devices = await this.#reopen(open, open.native.meters().isPlaying);
    if (open.native.info.device !== before) {
      open.notice = elsewhereNotice(open, before);
    }
    return devices;
  }

  /** The device that was chosen may be there again. */
  async #comeBack(open: Open): Promise<void> {
    const { device } = open.choice;
    const { devices } = await this.list(open);
    if (!devices.some(({ id, isDefault }) => (device === null ? isDefault : id === device))) {
      return;
    }
    await this.#reopen(open, open.native.meters().isPlaying);
    if (!open.native.info.isSilent) {
      open.notice = `${printable(open.native.info.device)} is back.`;
    }
  }

  async #followDefault(open: Open): Promise<void> {
    const before = open.native.info.device;
    await this.#reopen(open, open.native.meters().isPlaying);
    open.notice = elsewhereNotice(open, before);
  }

  /** Lets the device go, looks for devices anew and opens what was chosen, or where that cannot be had what makes no sound. */
  async #reopen(open: Open, plays: boolean): Promise<SoundDevices> {
    const { position } = open.native.meters();
    const { device, rate, blockFrames } = open.native.info;
    const gone = open.native;
    if (!gone.info.isSilent) {
      open.native = await this.#native.openMonitor({ device: 'none', rate, blockFrames: blockFrames === 0 ? null : blockFrames });
      await gone.close();
    }
    const devices = await this.list(open);
    const found = await this.#native.openMonitor(open.choice).catch(() => null);
    if (found !== null) {
      const silent = open.native;
      open.native = found;
      await silent.close();
    }
    open.goneAt = found === null ? Date.now() : null;
    // Where something else is heard than before, the microphone may be near it.
    open.input = { ...open.input, isMuted: open.input.isMuted || open.native.info.device !== device };
    open.loopback = null;
    if (open.native !== gone) {
      await this.#restore(open, position);
    }
    if (plays && found !== null) {
      open.native.play();
    }
    return devices;
  }

  /** All that was set, on another device. */
  async #restore({ native, loaded, master, input, timePitch }: Open, position: number): Promise<void> {
    native.setMaster(master);
    if (native.info.inputs > 0) {
      native.setInput(input);
    }
    await native.setTimePitch(timePitch.semitones, timePitch.speed);
    if (loaded !== null) {
      await native.load({ ...loaded.song, position: Math.floor(position) });
      native.loop(loaded.loop);
    }
    await this.#putEffects(native);
  }
}

function goneNotice(device: string): string {
  return `${printable(device)} has gone: playing is paused, and nothing is heard. Connect it, or start its sound server, and sound comes back by itself; or choose another device.`;
}

/** Where sound goes now that it no longer goes there. */
function elsewhereNotice({ native: { info } }: Open, before: string): string {
  return info.isSilent ? goneNotice(before) : `Sound goes to ${printable(info.device)} now.`;
}
