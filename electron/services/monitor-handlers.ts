import type { Part, Services } from './services.ts';

/** One function for each request about sound through the engine. They throw StemwrightErrors. */
export function monitorHandlers({ monitor }: Pick<Services, 'monitor'>): Part<'monitor'> {
  const nothing = (work: Promise<void>): Promise<null> => work.then(() => null);
  return {
    'monitor.devices': () => monitor.devices(),
    'monitor.refreshDevices': () => monitor.refreshDevices(),
    'monitor.state': () => monitor.state,
    'monitor.open': (choice) => monitor.open(choice),
    'monitor.close': () => nothing(monitor.close()),
    'monitor.load': (song) => monitor.load(song),
    'monitor.unload': () => nothing(monitor.unload()),
    'monitor.play': () => nothing(monitor.play()),
    'monitor.pause': () => nothing(monitor.pause()),
    'monitor.seek': ({ frame }) => nothing(monitor.seek(frame)),
    'monitor.loop': ({ range }) => nothing(monitor.loop(range)),
    'monitor.setTimePitch': ({ timePitch }) => nothing(monitor.setTimePitch(timePitch)),
    'monitor.setStrip': ({ index, strip }) => nothing(monitor.setStrip(index, strip)),
    'monitor.setMaster': ({ gain }) => nothing(monitor.setMaster(gain)),
    'monitor.setInput': ({ strip }) => nothing(monitor.setInput(strip)),
    'monitor.setEffect': ({ place, effect }) => monitor.setEffect(place, effect),
    'monitor.measureModes': ({ effect }) => monitor.measureModes(effect),
    'monitor.moveEffect': ({ place, slot }) => nothing(monitor.moveEffect(place, slot)),
    'monitor.setSend': (send) => nothing(monitor.setSend(send)),
    'monitor.resetCounters': () => nothing(monitor.resetCounters()),
    'monitor.measureLatency': () => monitor.measureLatency(),
  };
}
