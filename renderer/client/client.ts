import type { Args, Channel, EventData, EventName, Result } from '../../electron/contract/channels.ts';
import type { MenuCommand } from '../../electron/contract/desktop.ts';

/** What a silent monitor plays, as it comes. */
export interface OutputListener {
  /** @param samples interleaved stereo, its own */
  onSound: (rate: number, samples: Float32Array<ArrayBuffer>) => void;
  /** No more will come. @param isTaken by another page, which plays it from now on */
  onEnd: (isTaken: boolean) => void;
}

export interface OutputStream {
  /** How many times as fast as its rate says the monitor is to run, 0.5 to 2. */
  setPace(pace: number): void;
  close(): void;
}

/** The one door to the services. Every refusal is a StemwrightError. */
export interface StudioClient {
  /** Whether the path of a file that the user gave is known: folders can be given whole then, and nothing is uploaded. */
  readonly seesPaths: boolean;
  request<C extends Channel>(channel: C, args: Args<C>): Promise<Result<C>>;
  /** @returns what stops the listening */
  on<E extends EventName>(event: E, listener: (data: EventData<E>) => void): () => void;
  /** Told at once, and at every change. Events may have been missed before it is told `true`. */
  onConnection(listener: (isConnected: boolean) => void): () => void;
  /**
   * The path that stands for a file the user gave, after uploading it where the shell cannot see it.
   * @param onProgress told the share that is done, 0 to 1
   */
  pathOf(file: File, onProgress: (fraction: number) => void, signal: AbortSignal): Promise<string>;
  /**
   * The bytes behind an address of the contract.
   * @param range [start, end) in bytes; the whole without it
   */
  read(address: string, range?: readonly [number, number], signal?: AbortSignal): Promise<ArrayBuffer>;
  /** Where the page can play what a silent monitor would; the stream ends by `close` or by itself. */
  openOutput?(listener: OutputListener): OutputStream;
  /** Of the application menu, where there is one. @returns what stops the listening */
  onCommand?(listener: (command: MenuCommand) => void): () => void;
  /** Hands the drag that the page began to the system, with the stem as a file. */
  startDrag?(project: string, stem: string): void;
  close(): void;
}
