import { z } from 'zod';
import {
  ServerMessage,
  Uploaded,
  type Answer,
  type Args,
  type Channel,
  type ClientMessage,
  type EventData,
  type EventName,
  type Result,
} from '../../electron/contract/channels.ts';
import { outputHeaderBytes, outputPath, takenByAnother, type PaceMessage } from '../../electron/contract/output.ts';
import { cancelled, Fault, StemwrightError } from '../../electron/contract/errors.ts';
import { parseArgs, resultOf, thrown } from './answers.ts';
import type { OutputListener, OutputStream, StudioClient } from './client.ts';
import { Listeners } from './listeners.ts';
import { readBytes } from './read.ts';

interface Pending {
  settle: (answer: Answer<unknown>) => void;
  refuse: (error: StemwrightError) => void;
}

const firstDelay = 250;
const longestDelay = 4000;

const Refusal = z.object({ ok: z.literal(false), ...Fault.shape });
const UploadAnswer = z.union([z.object({ ok: z.literal(true), value: Uploaded }), Refusal]);

function lost(): StemwrightError {
  return new StemwrightError('internal', 'the studio is not running any more', 'Start it again; the queue is kept.');
}

/** Speaks to the browser shell that served the page. Connects again by itself. */
export class WebClient implements StudioClient {
  readonly seesPaths = false;
  readonly #base: URL;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Listeners();
  readonly #connectionListeners = new Set<(isConnected: boolean) => void>();
  #socket: WebSocket | undefined;
  #nextId = 0;
  #delay = firstDelay;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** @param base the page's address, with its token */
  constructor(base: URL) {
    this.#base = base;
    this.#connect();
  }

  async request<C extends Channel>(channel: C, args: Args<C>): Promise<Result<C>> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) throw lost();
    const id = this.#nextId++;
    const message: ClientMessage = { id, channel, args: parseArgs(channel, args) };
    const answer = await new Promise<Answer<unknown>>((settle, refuse) => {
      this.#pending.set(id, { settle, refuse });
      socket.send(JSON.stringify(message));
    });
    return resultOf(channel, answer);
  }

  on<E extends EventName>(event: E, listener: (data: EventData<E>) => void): () => void {
    return this.#listeners.add(event, listener);
  }

  onConnection(listener: (isConnected: boolean) => void): () => void {
    this.#connectionListeners.add(listener);
    listener(this.#socket?.readyState === WebSocket.OPEN);
    return () => this.#connectionListeners.delete(listener);
  }

  pathOf(file: File, onProgress: (fraction: number) => void, signal: AbortSignal): Promise<string> {
    // fetch() cannot tell how much of a body is sent.
    const upload = new XMLHttpRequest();
    const address = new URL('upload', this.#base);
    address.searchParams.set('name', file.name);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        upload.abort();
      });
      upload.upload.onprogress = ({ loaded, total }) => {
        onProgress(total === 0 ? 1 : loaded / total);
      };
      upload.onabort = () => {
        reject(cancelled());
      };
      upload.onerror = () => {
        reject(lost());
      };
      upload.onload = () => {
        const answer = UploadAnswer.safeParse(fromJson(upload.responseText));
        if (!answer.success) reject(new StemwrightError('internal', `${file.name}: the upload was not answered (${upload.status})`));
        else if (answer.data.ok) resolve(answer.data.value.path);
        else reject(thrown(answer.data));
      };
      upload.open('PUT', address);
      upload.send(file);
    });
  }

  read(address: string, range?: readonly [number, number], signal?: AbortSignal): Promise<ArrayBuffer> {
    return readBytes(this.#base, address, range, signal);
  }

  openOutput({ onSound, onEnd }: OutputListener): OutputStream {
    const socket = new WebSocket(this.#socketAddress(outputPath));
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer) || data.byteLength < outputHeaderBytes) return;
      onSound(new DataView(data).getFloat32(0, true), new Float32Array(data.slice(outputHeaderBytes)));
    };
    socket.onclose = ({ code }) => {
      onEnd(code === takenByAnother);
    };
    return {
      setPace: (pace) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ pace } satisfies PaceMessage));
      },
      close: () => {
        socket.onmessage = null;
        socket.onclose = null;
        socket.close();
      },
    };
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#socket?.close();
  }

  #connect(): void {
    const socket = new WebSocket(this.#socketAddress('ws'));
    this.#socket = socket;
    socket.onopen = () => {
      this.#delay = firstDelay;
      this.#tellConnection(true);
    };
    socket.onmessage = ({ data }) => {
      this.#receive(String(data));
    };
    socket.onclose = () => {
      this.#refuseAll();
      this.#tellConnection(false);
      if (this.#isClosed) return;
      this.#retry = setTimeout(() => {
        this.#connect();
      }, this.#delay);
      this.#delay = Math.min(longestDelay, this.#delay * 2);
    };
  }

  #socketAddress(place: string): URL {
    const address = new URL(place, this.#base);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    return address;
  }

  #receive(text: string): void {
    const message = ServerMessage.parse(fromJson(text));
    if ('event' in message) {
      this.#listeners.tell(message.event, message.data);
      return;
    }
    const pending = message.id === null ? undefined : this.#pending.get(message.id);
    if (message.id === null || pending === undefined) return;
    this.#pending.delete(message.id);
    pending.settle(message.answer);
  }

  #refuseAll(): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { refuse } of pending) refuse(lost());
  }

  #tellConnection(isConnected: boolean): void {
    for (const listener of this.#connectionListeners) listener(isConnected);
  }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
