/**
 * Who brings the sound to the loudspeakers.
 * @param isPageOutput the page does, for a monitor without a device
 * @param isDesktop then the page is a window of its own, and no browser's
 */
export function soundName(monitor: { isSilent: boolean; device: string }, isPageOutput: boolean, isDesktop: boolean): string {
  if (!monitor.isSilent) return monitor.device;
  if (!isPageOutput) return 'No sound device';
  return isDesktop ? 'System output' : 'Browser output';
}
