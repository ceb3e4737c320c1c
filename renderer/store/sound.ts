import { toFault, type Meters, type MonitorChoice, type Settings, type TransportState } from '../client/contract.ts';
import type { SoundSlice } from './live.ts';
import type { Parts } from './state.ts';

/** Of the figures that are drawn as lines. */
const historySeconds = 10;
const readingsPerSecond = 30;

export function choiceOf({ device, rate, blockFrames, inputs }: Settings['sound']): MonitorChoice {
  return { device, rate, blockFrames, inputs };
}

export function createSoundSlice({ client, player, set, get }: Parts): SoundSlice {
  let transport: TransportState | null = null;
  let history: Meters[] = [];

  client.on('monitor', (monitor) => {
    set({ monitor: get().keepEdits(monitor) });
    if (monitor === null) history = [];
  });
  client.on('meters', (meters) => {
    history = [...history.slice(1 - historySeconds * readingsPerSecond), meters];
  });
  client.on('transport', (reading) => {
    transport = reading;
  });
  client.on('devices', () => {
    void get().loadDevices(true);
  });
  player.onOutput((output, isOutputTaken) => {
    set({ output, isOutputTaken });
  });

  /** Keeps the choice and, where sound is open, opens it anew. */
  const choose = async (change: Partial<Settings['sound']>): Promise<void> => {
    const sound = { ...get().settings.sound, ...change };
    set(({ settings }) => ({ settings: { ...settings, sound } }));
    await client.request('settings.set', { sound });
    player.choose(choiceOf(sound));
    if (get().monitor !== null) await player.reopen();
  };

  return {
    ...{ monitor: null, devices: null, output: null, isOutputTaken: false, isMeasuring: false },
    loadSound: async () => {
      set({ monitor: await client.request('monitor.state', null).catch(() => null) });
    },
    loadDevices: (isAnew = false) =>
      get().attempt(async () => {
        set({ devices: await client.request(isAnew ? 'monitor.refreshDevices' : 'monitor.devices', null) });
      }),
    openSound: () => get().attempt(() => player.prepare()),
    chooseSound: (change) => get().attempt(() => choose(change)),
    setInput: (change) => {
      const { monitor, attempt } = get();
      if (monitor === null) return;
      const input = { ...monitor.input, ...change };
      set({ monitor: { ...monitor, input } });
      void attempt(async () => {
        try {
          await client.request('monitor.setInput', { strip: input });
        } catch (error) {
          set({ monitor });
          throw error;
        }
      });
    },
    toggleInput: () => {
      const { monitor, settings, setInput, setDialog } = get();
      if (monitor === null) return;
      if (!monitor.input.isMuted) setInput({ isMuted: true });
      else if (settings.sound.hasHeadphones) setInput({ isMuted: false });
      else setDialog('feedback');
    },
    setHeadphones: (hasHeadphones) => {
      get().setSettings({ sound: { ...get().settings.sound, hasHeadphones } });
    },
    setMaster: (gain) => {
      const { monitor, attempt } = get();
      if (monitor === null) return;
      set({ monitor: { ...monitor, master: gain } });
      void attempt(() => client.request('monitor.setMaster', { gain }));
    },
    resetCounters: () => {
      void get().attempt(() => client.request('monitor.resetCounters', null));
    },
    measureLatency: () =>
      get().attempt(async () => {
        set({ isMeasuring: true });
        try {
          const loopback = await client.request('monitor.measureLatency', null);
          set(({ monitor }) => ({ monitor: monitor === null ? null : { ...monitor, loopback } }));
        } catch (error) {
          const fault = toFault(error);
          if (fault.code !== 'cancelled') throw error;
        } finally {
          set({ isMeasuring: false });
        }
      }),
    transport: () => transport,
    meterHistory: () => history,
  };
}
