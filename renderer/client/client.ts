import type { Args, Channel, EventData, EventName, Result } from '../../electron/contract/channels.ts';

/** The one door to the services. Every refusal is a StemwrightError. */
export interface StudioClient {
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
  close(): void;
}
