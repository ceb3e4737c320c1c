import type { Levels } from './player.ts';

const smoothing = 0.012;
const fadeSeconds = 0.008;

/** One track's way through the audio graph: pieces → gate → gain → pan → meter → output. */
export class LaneSound {
  readonly input: GainNode;
  readonly #context: AudioContext;
  readonly #pan: StereoPannerNode;
  readonly #meters: readonly [AnalyserNode, AnalyserNode];
  readonly #window: Float32Array<ArrayBuffer>;
  #gate: GainNode;
  #isSet = false;

  constructor(context: AudioContext, output: AudioNode) {
    this.#context = context;
    this.input = context.createGain();
    this.#gate = this.#newGate();
    this.#pan = context.createStereoPanner();
    // A mono track counts as two equal channels: by itself the node would take 3 dB off it in the centre.
    this.#pan.channelCount = 2;
    this.#pan.channelCountMode = 'explicit';
    const split = context.createChannelSplitter(2);
    this.#meters = [context.createAnalyser(), context.createAnalyser()];
    for (const [index, meter] of this.#meters.entries()) {
      meter.fftSize = 2048;
      split.connect(meter, index);
    }
    this.#window = new Float32Array(2048);
    this.input.connect(this.#pan).connect(output);
    this.#pan.connect(split);
  }

  /** @param samples interleaved */
  schedule(samples: Float32Array, channels: number, when: number): void {
    const frames = Math.floor(samples.length / channels);
    if (frames === 0) return;
    const buffer = this.#context.createBuffer(channels, frames, this.#context.sampleRate);
    for (let channel = 0; channel < channels; channel++) {
      const data = buffer.getChannelData(channel);
      for (let frame = 0; frame < frames; frame++) data[frame] = samples[frame * channels + channel] ?? 0;
    }
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.#gate);
    source.start(when);
  }

  /** Silences what is scheduled, without a click. */
  stop(): void {
    const gate = this.#gate;
    this.#gate = this.#newGate();
    const now = this.#context.currentTime;
    gate.gain.setValueAtTime(1, now);
    gate.gain.linearRampToValueAtTime(0, now + fadeSeconds);
    setTimeout(() => {
      gate.disconnect();
    }, fadeSeconds * 4000);
  }

  /** @param gain linear */
  set(gain: number, pan: number): void {
    const now = this.#context.currentTime;
    if (this.#isSet) {
      this.input.gain.setTargetAtTime(gain, now, smoothing);
      this.#pan.pan.setTargetAtTime(pan, now, smoothing);
    } else {
      this.input.gain.value = gain;
      this.#pan.pan.value = pan;
    }
    this.#isSet = true;
  }

  levels(): Levels {
    return { left: this.#peak(this.#meters[0]), right: this.#peak(this.#meters[1]) };
  }

  close(): void {
    this.#gate.disconnect();
    this.input.disconnect();
    this.#pan.disconnect();
  }

  #newGate(): GainNode {
    const gate = this.#context.createGain();
    gate.connect(this.input);
    return gate;
  }

  #peak(meter: AnalyserNode): number {
    meter.getFloatTimeDomainData(this.#window);
    let highest = 0;
    for (const value of this.#window) highest = Math.max(highest, Math.abs(value));
    return highest;
  }
}
