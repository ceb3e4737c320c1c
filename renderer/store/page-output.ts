import type { StudioClient, OutputStream } from '../client/client.ts';
import { outputProcessor, type OutputReport } from './output-report.ts';
import workletAddress from './output-worklet.ts?worker&url';
import type { OutputListener, OutputState } from './player.ts';

/** A second of it without any sound ends the listening, when nothing plays. */
const quietSeconds = 3;
/** Before the audio thread has begun: what is older is dropped. */
const mostWaiting = 64;
const greatestChange = 0.1;
/** Of the pace, for each second too much or too little that lies ready. */
const correction = 1;
/** From the engine to the page: half a block there, half a reading of it. */
const wayThereSeconds = 0.01;

interface Sink {
  context: AudioContext;
  /** Null until the audio thread has begun. */
  node: AudioWorkletNode | null;
  waiting: Float32Array<ArrayBuffer>[];
}

/** Plays what a silent monitor would, through the page's AudioContext. The monitor follows its clock, so that samples stay as they are. */
export class PageOutput {
  readonly #client: Pick<StudioClient, 'openOutput'>;
  readonly #isNeeded: () => boolean;
  readonly #listeners = new Set<OutputListener>();
  #stream: OutputStream | null = null;
  #sink: Sink | null = null;
  #state: OutputState | null = null;
  #quietSince = 0;

  /** @param isNeeded whether silence may be followed by sound */
  constructor(client: Pick<StudioClient, 'openOutput'>, isNeeded: () => boolean) {
    this.#client = client;
    this.#isNeeded = isNeeded;
  }

  /** Seconds from the engine to the loudspeaker; 0 while nothing is played. */
  get latency(): number {
    return this.#state?.latencySeconds ?? 0;
  }

  /** From here on it is heard here. Idempotent. */
  start(): void {
    if (this.#stream !== null) return;
    this.#quietSince = performance.now();
    this.#stream = this.#client.openOutput?.({
      onSound: (rate, samples) => {
        this.#play(rate, samples);
      },
      onEnd: (isTaken) => {
        this.#stream = null;
        this.#rest(isTaken);
      },
    }) ?? null;
  }

  stop(): void {
    this.#stream?.close();
    this.#stream = null;
    this.#rest(false);
  }

  onChange(listener: OutputListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #rest(isTaken: boolean): void {
    this.#closeSink();
    this.#tell(null, isTaken);
  }

  #play(rate: number, samples: Float32Array<ArrayBuffer>): void {
    if (this.#sink?.context.sampleRate !== rate) {
      this.#closeSink();
      this.#sink = this.#openSink(rate);
    }
    const now = performance.now();
    if (this.#isNeeded() || samples.some((value) => value !== 0)) this.#quietSince = now;
    if (now - this.#quietSince > 1000 * quietSeconds) {
      this.stop();
      return;
    }
    const { node, waiting } = this.#sink;
    if (node !== null) node.port.postMessage(samples, [samples.buffer]);
    else if (waiting.push(samples) > mostWaiting) waiting.shift();
  }

  #openSink(rate: number): Sink {
    const context = new AudioContext({ sampleRate: rate, latencyHint: 'interactive' });
    const sink: Sink = { context, node: null, waiting: [] };
    void context.audioWorklet.addModule(new URL(workletAddress, document.baseURI)).then(() => {
      if (this.#sink !== sink) return;
      const node = new AudioWorkletNode(context, outputProcessor, { numberOfInputs: 0, outputChannelCount: [2] });
      node.port.onmessage = ({ data }: MessageEvent<OutputReport>) => {
        this.#follow(sink, data);
      };
      node.connect(context.destination);
      for (const samples of sink.waiting.splice(0)) node.port.postMessage(samples, [samples.buffer]);
      sink.node = node;
      return context.resume();
    });
    return sink;
  }

  #follow({ context }: Sink, { readySeconds, wantedSeconds, underruns }: OutputReport): void {
    if (context !== this.#sink?.context) return;
    const change = correction * (wantedSeconds - readySeconds);
    this.#stream?.setPace(1 + Math.min(greatestChange, Math.max(-greatestChange, change)));
    const device = context.outputLatency > 0 ? context.outputLatency : context.baseLatency;
    const latency = wayThereSeconds + readySeconds + device;
    const before = this.#state?.latencySeconds ?? latency;
    this.#tell({ rate: context.sampleRate, latencySeconds: before + 0.2 * (latency - before), underruns }, false);
  }

  #closeSink(): void {
    const sink = this.#sink;
    this.#sink = null;
    sink?.node?.disconnect();
    void sink?.context.close();
  }

  #tell(state: OutputState | null, isTaken: boolean): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state, isTaken);
  }
}
