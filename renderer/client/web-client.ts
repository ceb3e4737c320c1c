import { z } from 'zod';
import {
  events,
  requests,
  ServerMessage,
  Uploaded,
  type Args,
  type Channel,
  type ClientMessage,
  type EventData,
  type EventName,
  type Result,
} from '../../electron/contract/channels.ts';
import { cancelled, Fault, StemwrightError } from '../../electron/contract/errors.ts';
import type { StudioClient } from './client.ts';

interface Pending {
  channel: Channel;
  settle: (value: unknown) => void;
  refuse: (error: StemwrightError) => void;
}

const firstDelay = 250;
const longestDelay = 4000;

const Refusal = z.object({ ok: z.literal(false), ...Fault.shape });
const UploadAnswer = z.union([z.object({ ok: z.literal(true), value: Uploaded }), Refusal]);

function lost(): StemwrightError {
  return new StemwrightError('internal', 'the studio is not running any more', 'Start it again; the queue is kept.');
}

function thrown({ code, message, hint }: Fault): StemwrightError {
  return new StemwrightError(code, message, hint);
}

/** Speaks to the browser shell that served the page. Connects again by itself. */
export class WebClient implements StudioClient {
  readonly #base: URL;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<EventName, Set<(data: unknown) => void>>();
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

  request<C extends Channel>(channel: C, args: Args<C>): Promise<Result<C>> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(lost());
    const id = this.#nextId++;
    const message: ClientMessage = { id, channel, args: requests[channel].args.parse(args) };
    return new Promise((resolve, reject) => {
      // What arrives is parsed with this channel's own schema.
      const settle = (value: unknown): void => {
        resolve(value as Result<C>);
      };
      this.#pending.set(id, { channel, settle, refuse: reject });
      socket.send(JSON.stringify(message));
    });
  }

  on<E extends EventName>(event: E, listener: (data: EventData<E>) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    const parsed = (data: unknown): void => {
      listener(data as EventData<E>);
    };
    listeners.add(parsed);
    return () => listeners.delete(parsed);
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

  async read(address: string, range?: readonly [number, number], signal?: AbortSignal): Promise<ArrayBuffer> {
    const headers: HeadersInit = range === undefined ? {} : { Range: `bytes=${range[0]}-${range[1] - 1}` };
    const response = await fetch(new URL(address, this.#base), { headers, cache: 'no-store', signal: signal ?? null });
    if (!response.ok) throw new StemwrightError('input', `${address}: cannot be read (${response.status})`);
    return response.arrayBuffer();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#socket?.close();
  }

  #connect(): void {
    const address = new URL('ws', this.#base);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address);
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

  #receive(text: string): void {
    const message = ServerMessage.parse(fromJson(text));
    if ('event' in message) {
      const data = events[message.event].parse(message.data);
      for (const listener of this.#listeners.get(message.event) ?? []) listener(data);
      return;
    }
    const pending = message.id === null ? undefined : this.#pending.get(message.id);
    if (message.id === null || pending === undefined) return;
    this.#pending.delete(message.id);
    if (!message.answer.ok) {
      pending.refuse(thrown(message.answer));
      return;
    }
    const value = requests[pending.channel].result.safeParse(message.answer.value);
    if (value.success) pending.settle(value.data);
    else pending.refuse(new StemwrightError('internal', `${pending.channel}: an answer that makes no sense`, 'Please report this.'));
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
