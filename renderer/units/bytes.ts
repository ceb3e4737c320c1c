const steps = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** "290 MB", "1.2 GB": decimal, as disks are sold. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (value >= 999.5 && step < steps.length - 1) {
    value /= 1000;
    step += 1;
  }
  const digits = step > 1 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${steps[step] ?? ''}`;
}
