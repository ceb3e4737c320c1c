/** The far ends of both clients, for tests that answer in the studio's place. */
import type { Answer } from '../../electron/contract/channels.ts';
import type { StudioBridge } from '../../electron/contract/desktop.ts';

/** A socket that a test opens, answers and closes. */
export class FakeSocket {
  static readonly OPEN = 1;
  static last: FakeSocket;
  readonly url: string;
  readonly sent: { id: number; channel: string; args: unknown }[] = [];
  readyState = 0;
  onopen: () => void = () => undefined;
  onclose: () => void = () => undefined;
  onmessage: (event: { data: string }) => void = () => undefined;

  constructor(url: URL) {
    this.url = url.href;
    FakeSocket.last = this;
  }
  open(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen();
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as { id: number; channel: string; args: unknown });
  }
  tell(message: unknown): void {
    this.onmessage({ data: JSON.stringify(message) });
  }
  close(): void {
    this.readyState = 3;
    this.onclose();
  }
}

/** What the preload script puts into the page; it copies all that passes, as Electron does. */
export class FakeBridge implements StudioBridge<File> {
  readonly sent: { channel: string; args: unknown; settle: (answer: Answer<unknown>) => void }[] = [];
  readonly paths = new Map<File, string>();
  readonly drags: [string, string][] = [];
  /** What a silent monitor has played, piece by piece, and the paces that it was asked for. */
  readonly sounds: unknown[] = [];
  readonly paces: (number | null)[] = [];
  readonly #events = new Set<(event: string, data: unknown) => void>();
  readonly #commands = new Set<(command: unknown) => void>();

  request(channel: string, args: unknown): Promise<Answer<unknown>> {
    return new Promise((resolve) => {
      const settle = (answer: Answer<unknown>): void => {
        resolve(structuredClone(answer));
      };
      this.sent.push({ channel, args: structuredClone(args), settle });
    });
  }
  onEvent(listener: (event: string, data: unknown) => void): () => void {
    this.#events.add(listener);
    return () => this.#events.delete(listener);
  }
  onCommand(listener: (command: unknown) => void): () => void {
    this.#commands.add(listener);
    return () => this.#commands.delete(listener);
  }
  pathOf(file: File): string {
    return this.paths.get(file) ?? '';
  }
  startDrag(project: string, stem: string): void {
    this.drags.push([project, stem]);
  }
  takeOutput(pace: number | null): Promise<unknown> {
    this.paces.push(pace);
    return Promise.resolve(structuredClone(pace === null ? null : (this.sounds.shift() ?? null)));
  }
  tell(event: string, data: unknown): void {
    for (const listener of this.#events) listener(event, structuredClone(data));
  }
  command(command: unknown): void {
    for (const listener of this.#commands) listener(command);
  }
  get listeners(): number {
    return this.#events.size + this.#commands.size;
  }
}
