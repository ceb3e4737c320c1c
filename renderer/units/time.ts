const two = (value: number): string => String(value).padStart(2, '0');

/** "4:12", "1:02:05": a length or a place, to the second below. */
export function formatLength(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds));
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  const tail = `${minutes}:${two(whole % 60)}`;
  return hours === 0 ? tail : `${hours}:${tail.padStart(5, '0')}`;
}

/** "1:24.318": where the playhead is, to the millisecond below. */
export function formatPosition(seconds: number): string {
  const milliseconds = Math.floor(Math.max(0, seconds) * 1000 + 1e-6);
  return `${formatLength(Math.floor(milliseconds / 1000))}.${String(milliseconds % 1000).padStart(3, '0')}`;
}

/** "26 s", "2 min 13 s", "1 h 05 min": how long something takes, never 0. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** As a screen reader should say a place in the song. */
export function spokenTime(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds));
  const parts = [
    [Math.floor(whole / 3600), 'hour'],
    [Math.floor(whole / 60) % 60, 'minute'],
    [whole % 60, 'second'],
  ] as const;
  return parts
    .filter(([count], index) => count > 0 || (whole === 0 && index === 2))
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`)
    .join(' ');
}
