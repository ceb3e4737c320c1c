import type { EngineMemory, HardwareState } from '../contract/hardware.ts';
import { StemwrightError } from '../contract/errors.ts';
import { fromNative } from './errors.ts';
import { loadNative } from './load.ts';
import type { MachineWatch, NativeModule, WatchSpec } from './native.ts';
import type { GraphSpec, Network, NetworkSpec, Systems } from './systems.ts';

/** Decides whether a network gives its workspace back; absent: it does when memory is critically short. */
export type PressureDelegate = (level: 'warning' | 'critical') => boolean;

/** The engine's parts for whoever programs with them. Every fault is a StemwrightError; misuse has the code 'usage' or 'model'. */
export interface Engine extends Omit<Systems, 'createNetwork' | 'compileGraph' | 'openCoreMl'> {
  createNetwork(spec: NetworkSpec, onPressure?: PressureDelegate): Network;
  compileGraph(spec: GraphSpec, onPressure?: PressureDelegate): Network;
  openCoreMl(spec: { path: string; threads: number }, onPressure?: PressureDelegate): Network;
  memoryUsage(): EngineMemory;
  resetMemoryPeaks(): void;
  /**
   * Watches heat, power and memory from now on, and says with `shouldUseGpu` which processor work is for. When memory becomes
   * short caches shrink first, then networks are asked for their workspaces.
   */
  watch(onChange: (state: HardwareState) => void, spec?: Partial<WatchSpec>): MachineWatch;
  gpuDevices: NativeModule['gpuDevices'];
  gpuUsage: NativeModule['gpuUsage'];
  calibrateGpu: NativeModule['calibrateGpu'];
}

export function openEngine(native: NativeModule = loadNative()): Engine {
  const systems = typed(native.systems);
  const networks = new Map<Network, PressureDelegate>();
  const relieve = (level: 'warning' | 'critical'): void => {
    for (const [network, mayRelease] of networks) {
      if (mayRelease(level)) {
        network.releaseWorkspace();
      }
    }
  };
  const relieved = (network: Network, onPressure: PressureDelegate = (level) => level === 'critical'): Network => {
    networks.set(network, onPressure);
    return {
      ...network,
      dispose: () => {
        networks.delete(network);
        network.dispose();
      },
    };
  };
  return {
    ...systems,
    createNetwork: (spec, onPressure) => relieved(systems.createNetwork(spec), onPressure),
    compileGraph: (spec, onPressure) => relieved(systems.compileGraph(spec), onPressure),
    openCoreMl: (spec, onPressure) => relieved(systems.openCoreMl(spec), onPressure),
    memoryUsage: () => native.memoryUsage(),
    resetMemoryPeaks: () => {
      native.resetMemoryPeaks();
    },
    ...typed({ gpuDevices: () => native.gpuDevices(), gpuUsage: () => native.gpuUsage(), calibrateGpu: (spec: Parameters<NativeModule['calibrateGpu']>[0]) => native.calibrateGpu(spec) }),
    watch: (onChange, spec) => {
      let before: HardwareState['pressure'] = 'none';
      return typed(native.watchMachine({ ...{ hasGpu: false, useGpuOnBattery: true, calibration: null, budgetBytes: 0 }, ...spec }, (state) => {
        const { pressure } = state;
        if (pressure !== 'none' && pressure !== before && before !== 'critical') {
          relieve(pressure);
        }
        before = pressure;
        onChange(state);
      }));
    },
  };
}

/** The same object, whose functions throw StemwrightErrors, and so do those of the objects that they return. */
function typed<T extends object>(thing: T): T {
  const members = Object.entries(thing).map(([name, member]: [string, unknown]) => [name, typeof member === 'function' ? typedFunction(member as (...args: unknown[]) => unknown) : member]);
  return Object.fromEntries(members) as T;
}

function typedFunction(call: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
  return (...args) => {
    try {
      const result = call(...args);
      if (result instanceof Promise) {
        return result.catch((error: unknown) => {
          throw toTyped(error);
        });
      }
      return isHandle(result) ? typed(result) : result;
    } catch (error) {
      throw toTyped(error);
    }
  };
}

function isHandle(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'dispose' in value;
}

/** Arguments of another type are TypeErrors of the addon's. */
function toTyped(error: unknown): unknown {
  return error instanceof TypeError ? new StemwrightError('usage', error.message, '', { cause: error }) : fromNative(error);
}
