import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { outputHeaderBytes, PaceMessage, takenByAnother } from '../../contract/output.ts';
import { parseJson } from '../../services/json-file.ts';
import type { Studio } from '../../services/studio.ts';

const readMs = 10;
const mostFrames = 4096;
/** Beyond this a page that does not read gets no more sound; what it missed is dropped. */
const maxBufferedBytes = 1 << 18;
const unsupportedData = 1003;

/** Carries a silent monitor's sound to the page that asked for it last. */
export class OutputSocket {
  readonly #output: Studio['output'];
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 256, perMessageDeflate: false });
  #listener: { socket: WebSocket; timer: NodeJS.Timeout } | null = null;

  constructor(output: Studio['output']) {
    this.#output = output;
  }

  accept(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, stream, head, (socket) => {
      this.#listener?.socket.close(takenByAnother);
      this.#end();
      // What nobody heard is old.
      while (this.#next() !== null);
      const timer = setInterval(() => {
        this.#send(socket);
      }, readMs);
      this.#listener = { socket, timer };
      // A message that breaks the protocol or the limit ends the connection.
      socket.on('error', () => undefined);
      socket.on('message', (data, isBinary) => {
        const message = PaceMessage.safeParse(isBinary ? null : parseJson((data as Buffer).toString('utf8')));
        if (!message.success) {
          socket.close(unsupportedData);
        } else if (this.#listener?.socket === socket) {
          this.#output.setPace(message.data.pace);
        }
      });
      socket.on('close', () => {
        if (this.#listener?.socket === socket) {
          this.#end();
        }
      });
    });
  }

  close(): void {
    this.#end();
    for (const socket of this.#server.clients) {
      socket.terminate();
    }
    this.#server.close();
  }

  #send(socket: WebSocket): void {
    for (let message = this.#next(); message !== null; message = this.#next()) {
      if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < maxBufferedBytes) {
        socket.send(message);
      }
    }
  }

  #next(): Buffer | null {
    const sound = this.#output.readOutput(mostFrames);
    if (sound === null || sound.bytes.length === 0) {
      return null;
    }
    const header = Buffer.alloc(outputHeaderBytes);
    header.writeFloatLE(sound.rate);
    return Buffer.concat([header, sound.bytes]);
  }

  #end(): void {
    clearInterval(this.#listener?.timer);
    this.#listener = null;
    this.#output.setPace(1);
  }
}
