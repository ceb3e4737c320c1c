import type { StudioClient } from '../client/client.ts';
import type { Hardware, Meters } from '../client/contract.ts';

/** What the machine and the sound engine are doing. Nothing here is state: figures change with every look. */
export interface MachineSlice {
  /** As of the last look or event; null before. */
  hardware: () => Hardware | null;
  /** Asks for the figures that no event tells. */
  lookAtHardware: () => Promise<void>;
  /** Null: no sound device is open. */
  soundLoad: () => Meters | null;
}

export function createMachineSlice({ client }: { client: StudioClient }): MachineSlice {
  const latest: { hardware: Hardware | null; meters: Meters | null } = { hardware: null, meters: null };
  client.on('hardware', (hardware) => {
    latest.hardware = hardware;
  });
  client.on('meters', (meters) => {
    latest.meters = meters;
  });
  client.on('monitor', (monitor) => {
    if (monitor === null) latest.meters = null;
  });
  return {
    hardware: () => latest.hardware,
    lookAtHardware: async () => {
      latest.hardware = await client.request('hardware.state', null);
    },
    soundLoad: () => latest.meters,
  };
}
