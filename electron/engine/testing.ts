/** An engine without a network, for tests of what surrounds it: each stem is an equal share of the mix. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { fakeMonitor } from './testing-monitor.ts';
import type { GpuCalibration } from '../contract/hardware.ts';
import type { NativeGpu, NativeGpuVerdict, NativeSeparationEvent, NativeSeparationSpec } from './native-jobs.ts';
import type { MachineWatch, NativeModule, TrackStats, WatchSpec } from './native.ts';
import type { Systems } from './systems.ts';

export interface FakeBehaviour {
  /** What the separation ends with, instead of success. */
  end?: Extract<NativeSeparationEvent, { type: 'failed' }>;
  /** Waits for a cancellation, and then this long before it says so. */
  hangMs?: number;
  gpus?: NativeGpu[];
  shaders?: string;
  /** What a device's self-test finds. */
  verdict?: Partial<NativeGpuVerdict>;
  /** Why the device went away half-way. */
  gpuFault?: string;
}

const noParts = new Proxy({} as Systems, {
  get: () => {
    throw new Error('the fake engine has no parts');
  },
});

export function fakeNative(behaviour: FakeBehaviour = {}): NativeModule {
  return {
    info: () => ({ version: '0', isa: 'fake', availableIsas: ['fake'], isaOverrideError: '', bf16: '', hardwareThreads: 2 }),
    systems: noParts,
    hardware: () => ({ cpu: 'fake', physicalCores: 1, logicalCores: 2, l1DataBytes: 0, l2Bytes: 0, l3Bytes: 0, memoryBytes: 2 ** 33, gpus: [] }),
    memoryUsage: () => ({ bytes: 0, peakBytes: 0, owners: [] }),
    resetMemoryPeaks: () => undefined,
    watchMachine: fakeWatch,
    startTrace: () => undefined,
    takeTrace: () => ({ regions: [], dropped: 0 }),
    gpuDevices: () => ({ devices: behaviour.gpus ?? [], reason: behaviour.gpus === undefined ? 'fake' : '', shaders: behaviour.shaders ?? 'shaders 1' }),
    gpuUsage: () => ({ executions: 0, seconds: 0, lastSeconds: 0 }),
    calibrateGpu: () => Promise.resolve(fakeCalibration),
    createTrack,
    openModel: ({ config }) =>
      Promise.resolve({
        info: {
          sources: config.sources,
          channels: config.audioChannels,
          sampleRate: config.sampleRate,
          segmentFrames: Math.round((config.sampleRate * config.segment[0]) / config.segment[1]),
          parameters: 0,
          weightBytes: 0,
        },
        memoryFor: ({ segmentSeconds, threads }) => 1e8 + 1e7 * (segmentSeconds ?? config.segment[0] / config.segment[1]) + 1e6 * threads,
        maximumSegmentFor: ({ budgetBytes, threads }) => {
          const seconds = Math.min(120, Math.floor((budgetBytes - 1e8 - 1e6 * threads) / 1e6) / 10);
          return seconds < 1 ? null : seconds;
        },
        prepareGpu: () => Promise.resolve({ device: 'fake', agreementDb: 120, gpuSeconds: 1, cpuSeconds: 10, ...{ isAccepted: true, ...behaviour.verdict } }),
        dispose: () => undefined,
      }),
    startSeparation: (spec, onEvent) => startSeparation(spec, onEvent, behaviour),
    startConvolution: ({ input, output, wet }, onEvent) => {
      setImmediate(() => {
        const sound = readTrack(input).map((value) => wet * value);
        writeFileSync(output, Buffer.from(sound.buffer));
        onEvent({ type: 'done', seconds: 0, segmentSeconds: 0 });
      });
      return { cancel: () => undefined };
    },
    startPrint: ({ tracks, isSend, sendEffects, masterEffects, output }, onEvent) => {
      setImmediate(() => {
        const gainOf = (effects: typeof sendEffects): number => effects.reduce((product, { effect }) => product * (effect.kind === 'gain' ? effect.gain : 1), 1);
        const [sent, whole] = [gainOf(sendEffects), gainOf(masterEffects)];
        const parts = tracks.map(({ path, effects, gain, send }) => readTrack(path).map((value) => value * gainOf(effects) * gain * (isSend ? send * sent : (1 + send * sent) * whole)));
        const sum = (parts[0] ?? new Float32Array()).map((_, i) => parts.reduce((total, part) => total + (part[i] ?? 0), 0));
        writeFileSync(output, Buffer.from(sum.buffer));
        onEvent({ type: 'progress', segment: 1, segments: 1, finished: [], fraction: 1, etaSeconds: 0 });
        onEvent({ type: 'done', seconds: 0, segmentSeconds: 0 });
      });
      return { cancel: () => undefined };
    },
    responseGain: () => Promise.resolve(1),
    describeResponse: ({ track, channels, columns }) =>
      Promise.resolve({
        frames: readTrack(track).length / channels,
        loudnessGain: 2,
        peaks: Array.from({ length: channels }, () => Array.from({ length: 2 * columns }, () => 0)),
        decay: [{ hz: 500, seconds: 1 }, { hz: 1000, seconds: 2 }, { hz: 2000, seconds: null }],
      }),
    measureTracks: ({ tracks, channels, reference }) => {
      const data = tracks.map(readTrack);
      const residual = reference === undefined ? null : readTrack(reference).map((value, i) => value - data.reduce((sum, track) => sum + (track[i] ?? 0), 0));
      return Promise.resolve({
        frames: (data[0]?.length ?? 0) / channels,
        peaks: data.map((track) => track.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0)),
        overs: data.map((track) => track.filter((value) => Math.abs(value) > 1).length),
        nonFinite: data.map(() => 0),
        ...(residual === null ? {} : { nullRms: rms(residual) }),
      });
    },
    combineTracks: ({ inputs, output }) => {
      const data = inputs.map(({ path, gain }) => readTrack(path).map((value) => gain * value));
      const sum = (data[0] ?? new Float32Array()).map((_, i) => data.reduce((total, track) => total + (track[i] ?? 0), 0));
      writeFileSync(output, Buffer.from(sum.buffer));
      return Promise.resolve({ frames: sum.length });
    },
    spreadResidual: () => Promise.resolve(),
    writePeaks: ({ track }) => {
      writeFileSync(track.replace(/\.f32$/, '.peaks'), 'SWPK');
      return Promise.resolve();
    },
    ensurePeaks: ({ track }) => {
      writeFileSync(track.replace(/\.f32$/, '.peaks'), 'SWPK');
      return Promise.resolve();
    },
    replaceRange: ({ track, channels, start, end, patch, patchStart, keep }) => {
      const data = readTrack(track);
      const [from, to] = [start * channels, end * channels];
      writeFileSync(keep, Buffer.from(data.slice(from, to).buffer));
      data.set(readTrack(patch).subarray(patchStart * channels, patchStart * channels + to - from), from);
      writeFileSync(track, Buffer.from(data.buffer));
      return Promise.resolve();
    },
    findRhythm: () => Promise.resolve({ bpm: 120, confidence: 0.5, beats: [0.25, 0.75, 1.25, 1.75], key: { tonic: 2, isMinor: false, confidence: 0.1 } }),
    spectrumTile: ({ level, index }) => Promise.resolve(Buffer.alloc(256 * 256, level + index)),
    startProgram: null,
    audioDevices: () => Promise.resolve([]),
    audioDeviceChanges: () => ({ list: 0, defaultOutput: 0 }),
    openMonitor: ({ device, rate, blockFrames }) =>
      device === 'none'
        ? Promise.resolve(fakeMonitor({ device: 'No sound device', isSilent: true, rate: rate ?? 48_000, blockFrames: blockFrames ?? 512, inputs: 0 }).monitor)
        : Promise.reject(Object.assign(new Error('this machine has no sound device'), { code: 'output' })),
    benchmarks: () => ['first thing', 'second thing'],
    runBenchmark: ({ name }) => Promise.resolve([{ name, unit: 's', median: 2, low: 1.9, high: 2.3, allocations: 0 }]),
    releaseBenchmarks: () => undefined,
  };
}

const never = { size: null, batch: null };
const fakeCalibration: GpuCalibration = { fft: { size: 8192, batch: 16 }, 'matrix-product': { size: null, batch: 2 }, convolution: never, sequential: never, filter: never };

/** A cool machine with room that stays so. */
function fakeWatch(spec: WatchSpec): MachineWatch {
  let { hasGpu } = spec;
  return {
    report: () => ({ thermal: 'nominal', pressure: 'none', isOnBattery: false, isLowPower: false, availableBytes: 2 ** 32, backend: hasGpu ? 'gpu' : 'cpu', reason: hasGpu ? '' : 'no GPU' }),
    configure: (now) => {
      ({ hasGpu } = now);
    },
    shouldUseGpu: () => hasGpu,
    deviceLost: () => undefined,
    deviceBack: () => undefined,
    close: () => undefined,
  };
}

function createTrack(path: string, channels: number) {
  writeFileSync(path, '');
  return {
    append: (chunk: Buffer) => {
      appendFileSync(path, chunk);
      return Promise.resolve();
    },
    finish: (): Promise<TrackStats> => {
      const data = readTrack(path);
      return Promise.resolve({ frames: data.length / channels, mean: 0, std: 1, peak: 0, nonFinite: data.filter((value) => !Number.isFinite(value)).length });
    },
    dispose: () => undefined,
  };
}

function startSeparation(spec: NativeSeparationSpec, onEvent: (event: NativeSeparationEvent) => void, { end, hangMs, gpuFault = '' }: FakeBehaviour) {
  const { frames } = spec;
  setImmediate(() => {
    onEvent({ type: 'progress', segment: 1, segments: 1, finished: [[0, frames]], fraction: 1, etaSeconds: 0 });
    if (hangMs !== undefined) {
      return;
    }
    const outputs = spec.outputs.filter((path) => path !== null);
    const share = readTrack(spec.input).map((value) => value / spec.outputs.length);
    outputs.forEach((path) => {
      writeFileSync(path, Buffer.from(share.buffer));
    });
    onEvent(end ?? { type: 'done', seconds: 0, segmentSeconds: spec.segmentSeconds ?? 1, gpuSegments: spec.onGpu === true ? 1 : 0, gpuFault });
  });
  const cancel = () => {
    setTimeout(() => {
      onEvent({ type: 'cancelled' });
    }, hangMs ?? 0);
  };
  return { cancel, focus: () => undefined, useGpu: () => undefined };
}

function readTrack(path: string): Float32Array<ArrayBuffer> {
  const bytes = readFileSync(path);
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readFloatLE(4 * i));
}

function rms(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
