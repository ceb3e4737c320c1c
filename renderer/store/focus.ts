import type { Parts } from './state.ts';

/** Seconds that the playhead moves before it is told again. */
const step = 1;
const restMs = 200;

/** Tells the engine where the playhead is in the song that is being separated: it works from there outwards. */
export function focusing({ client, player, get }: Parts): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let told = { id: '', seconds: -Infinity };
  const tell = (): void => {
    timer = undefined;
    const { progress, shown } = get();
    const seconds = player.position();
    if (progress === null || progress.id !== shown?.id || progress.live === null) return;
    if (told.id === progress.id && Math.abs(told.seconds - seconds) < step) return;
    told = { id: progress.id, seconds };
    void get().attempt(() => client.request('queue.focus', { id: progress.id, seconds }));
  };
  return () => {
    timer ??= setTimeout(tell, restMs);
  };
}
