/** Runs on the page's audio thread: plays what the page hands it, and tells how much of it lies ready. */
import { SampleRing } from '../units/sample-ring.ts';
import { outputProcessor, reportSeconds, wantedSeconds, type OutputReport } from './output-report.ts';

declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare const sampleRate: number;

class OutputProcessor extends AudioWorkletProcessor {
  readonly #ring = new SampleRing(sampleRate, wantedSeconds);
  #frames = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
      this.#ring.write(data);
    };
  }

  process(_: unknown, [output]: readonly (readonly Float32Array[])[]): boolean {
    const [left, right] = output ?? [];
    if (left === undefined || right === undefined) return true;
    this.#ring.read(left, right);
    this.#frames += left.length;
    if (this.#frames >= reportSeconds * sampleRate) {
      this.#frames = 0;
      const { frames, wanted, underruns } = this.#ring;
      this.port.postMessage({ readySeconds: frames / sampleRate, wantedSeconds: wanted / sampleRate, underruns } satisfies OutputReport);
    }
    return true;
  }
}

registerProcessor(outputProcessor, OutputProcessor);
