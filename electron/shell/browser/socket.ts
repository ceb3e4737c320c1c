import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer, type RawData } from 'ws';
import { ClientMessage, maxMessageBytes, type ServerMessage } from '../../contract/channels.ts';
import type { Fault } from '../../contract/errors.ts';
import type { Studio } from '../../services/studio.ts';

/** Beyond this a page that does not read gets no more progress. */
const maxBufferedBytes = 1 << 20;

const unreadable: Fault = { code: 'usage', message: 'a message that is no request', hint: 'Reload the page.' };

/** Sound goes on without a page for so long: one that is loaded anew finds it. */
const longestAloneMs = 5000;

/** Carries requests, answers and events between pages and the studio. */
export class Socket {
  readonly #studio: Studio;
  readonly #log: (line: string) => void;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });
  readonly #stopListening: () => void;
  #hasRefused = false;
  #alone: NodeJS.Timeout | undefined;

  constructor(studio: Studio, log: (line: string) => void) {
    this.#studio = studio;
    this.#log = log;
    this.#stopListening = studio.listen((event, data) => {
      const text = JSON.stringify({ event, data } satisfies ServerMessage);
      for (const socket of this.#server.clients) {
        if (socket.readyState === WebSocket.OPEN && (event !== 'progress' || socket.bufferedAmount < maxBufferedBytes)) {
          socket.send(text);
        }
      }
    });
  }

  accept(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, stream, head, (socket) => {
      clearTimeout(this.#alone);
      // A message that breaks the protocol or the limit ends the connection.
      socket.on('error', (error) => {
        this.#refuse(error.message);
      });
      socket.on('message', (data, isBinary) => {
        void this.#receive(socket, data, isBinary);
      });
      socket.on('close', () => {
        this.#left();
      });
    });
  }

  close(): void {
    clearTimeout(this.#alone);
    this.#stopListening();
    for (const socket of this.#server.clients) {
      socket.terminate();
    }
    this.#server.close();
  }

  /** Nobody is there to stop what sounds, or to speak into an open microphone. */
  #left(): void {
    clearTimeout(this.#alone);
    if (this.#server.clients.size > 0) {
      return;
    }
    this.#alone = setTimeout(() => {
      void this.#studio.answer('monitor.close', null);
    }, longestAloneMs).unref();
  }

  async #receive(socket: WebSocket, data: RawData, isBinary: boolean): Promise<void> {
    const message = ClientMessage.safeParse(isBinary ? null : parse(data));
    if (!message.success) {
      this.#refuse(unreadable.message);
      send(socket, { id: null, answer: { ok: false, ...unreadable } });
      return;
    }
    const { id, channel, args } = message.data;
    send(socket, { id, answer: await this.#studio.answer(channel, args) });
  }

  #refuse(reason: string): void {
    if (!this.#hasRefused) {
      this.#hasRefused = true;
      this.#log(`refused: ${reason}`);
    }
  }
}

function parse(data: RawData): unknown {
  try {
    return JSON.parse((data as Buffer).toString('utf8'));
  } catch {
    return null;
  }
}

function send(socket: WebSocket, message: ServerMessage): void {
  if (socket.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify(message));
  }
}
