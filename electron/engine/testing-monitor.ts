/** A monitor without sound or time, which notes what it is told. */
import type { MonitorLevels, MonitorMeters, NativeEffectFacts, NativeMonitor } from './native-sound.ts';

export interface FakeMonitor {
  monitor: NativeMonitor;
  /** The name of each command and its arguments. */
  calls: [string, ...unknown[]][];
  /** What `meters` answers. */
  meters: MonitorMeters;
}

export function fakeMonitor(info: NativeMonitor['info']): FakeMonitor {
  const calls: FakeMonitor['calls'] = [];
  const meters = silence();
  const note =
    (name: string) =>
    (...args: unknown[]): void => {
      calls.push([name, ...args]);
    };
  const later =
    (name: string) =>
    (...args: unknown[]): Promise<void> => {
      note(name)(...args);
      return Promise.resolve();
    };
  const monitor: NativeMonitor = {
    info,
    ...{ load: later('load'), close: later('close'), setTimePitch: later('setTimePitch') },
    setEffect: (place, effect) => {
      note('setEffect')(place, effect);
      return Promise.resolve(effectFacts);
    },
    measureEffect: (effect) => Promise.resolve({ ...effectFacts, load: effect.kind === 'reverb' && effect.mode === 'direct' ? 3 : 0.1 }),
    ...{ unload: note('unload'), play: note('play'), pause: note('pause'), seek: note('seek'), loop: note('loop') },
    ...{ setStrip: note('setStrip'), setMaster: note('setMaster'), setInput: note('setInput'), setFinished: note('setFinished') },
    ...{ refresh: note('refresh'), resetCounters: note('resetCounters') },
    ...{ removeEffect: note('removeEffect'), setSend: note('setSend') },
    measureLatency: () => Promise.resolve(480),
    meters: () => meters,
    ...{ readOutput: () => Buffer.alloc(0), setPace: note('setPace') },
  };
  return { monitor, calls, meters };
}

const effectFacts: NativeEffectFacts = {
  ...{ latencyFrames: 64, responseFrames: 44_100, responseGain: 0.5, dry: 1, blockSize: 512 },
  ...{ readSeconds: 0.01, prepareSeconds: 0.02, warmUpSeconds: 0.03, load: 0.1, worstLoad: 0.2 },
  gpu: { device: '', fault: '', partitions: 0, frames: 0, warmUpSeconds: 0, agreementDb: 0 },
};

function silence(): MonitorMeters {
  const levels: MonitorLevels = { peak: [0, 0], rms: [0, 0], truePeak: 0 };
  return {
    ...{ position: 0, isPlaying: false, isWaiting: false, songs: 0, blocks: 0, loadMean: 0, loadWorst: 0, overloads: 0, ownOverloads: 0, ownLoadWorst: 0, xruns: 0 },
    ...{ lateReads: 0, readFaults: 0, nonFiniteBlocks: 0, droppedOutput: 0, inputLatencySeconds: 0, outputLatencySeconds: 0, isDeviceRunning: true },
    ...{ strips: [], master: levels, input: levels, send: levels, effects: [] },
  };
}
