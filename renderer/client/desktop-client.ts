import { events, type Args, type Channel, type EventData, type EventName, type Result } from '../../electron/contract/channels.ts';
import { MenuCommand, type StudioBridge } from '../../electron/contract/desktop.ts';
import { StemwrightError } from '../../electron/contract/errors.ts';
import { OutputSound } from '../../electron/contract/output.ts';
import { parseArgs, resultOf } from './answers.ts';
import type { OutputListener, OutputStream, StudioClient } from './client.ts';
import { Listeners } from './listeners.ts';
import { readBytes } from './read.ts';

declare global {
  interface Window {
    /** Put there by the desktop shell. */
    readonly studio?: StudioBridge<File>;
  }
}

const takeMs = 10;

/** Speaks to the desktop shell, which lives as long as the page. */
export class DesktopClient implements StudioClient {
  readonly seesPaths = true;
  readonly #bridge: StudioBridge<File>;
  readonly #base: URL;
  readonly #listeners = new Listeners();
  readonly #stopListening: () => void;

  /** @param base the page's address */
  constructor(bridge: StudioBridge<File>, base: URL) {
    this.#bridge = bridge;
    this.#base = base;
    this.#stopListening = bridge.onEvent((event, data) => {
      if (isEvent(event)) this.#listeners.tell(event, data);
    });
  }

  async request<C extends Channel>(channel: C, args: Args<C>): Promise<Result<C>> {
    return resultOf(channel, await this.#bridge.request(channel, parseArgs(channel, args)));
  }

  on<E extends EventName>(event: E, listener: (data: EventData<E>) => void): () => void {
    return this.#listeners.add(event, listener);
  }

  onConnection(listener: (isConnected: boolean) => void): () => void {
    listener(true);
    return () => undefined;
  }

  onCommand(listener: (command: MenuCommand) => void): () => void {
    return this.#bridge.onCommand((command) => {
      listener(MenuCommand.parse(command));
    });
  }

  pathOf(file: File): Promise<string> {
    const path = this.#bridge.pathOf(file);
    if (path !== '') return Promise.resolve(path);
    return Promise.reject(new StemwrightError('input', `${file.name}: lies on no disk`, 'Save it first, then add the saved file.'));
  }

  startDrag(project: string, stem: string): void {
    this.#bridge.startDrag(project, stem);
  }

  read(address: string, range?: readonly [number, number], signal?: AbortSignal): Promise<ArrayBuffer> {
    return readBytes(this.#base, address, range, signal);
  }

  openOutput({ onSound, onEnd }: OutputListener): OutputStream {
    let pace = 1;
    let isTaking = true;
    let isClosed = false;
    const end = (): void => {
      isClosed = true;
      clearInterval(timer);
    };
    const take = async (wanted: number | null): Promise<void> => {
      isTaking = true;
      try {
        const sound = OutputSound.parse(await this.#bridge.takeOutput(wanted));
        if (sound !== null && !isClosed) onSound(sound.rate, new Float32Array(sound.bytes.slice().buffer));
      } catch {
        if (isClosed) return;
        end();
        onEnd(false);
      } finally {
        isTaking = false;
      }
    };
    const timer = setInterval(() => {
      if (!isTaking) void take(pace);
    }, takeMs);
    // What nobody heard is old.
    void take(null);
    return {
      setPace: (wanted) => {
        pace = wanted;
      },
      close: () => {
        end();
        void take(null);
      },
    };
  }

  close(): void {
    this.#stopListening();
  }
}

function isEvent(name: string): name is EventName {
  return Object.hasOwn(events, name);
}
