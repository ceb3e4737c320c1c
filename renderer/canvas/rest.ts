/** How long nothing must be asked for before the work is done. */
const restMs = 110;
/** Of one frame; the rest waits for the next, so that a hand on the wheel or a key is answered in between. */
const budgetMs = 12;

const waiting = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let frame = 0;

function work(): void {
  frame = 0;
  const until = performance.now() + budgetMs;
  for (const job of waiting) {
    waiting.delete(job);
    job();
    if (performance.now() > until) break;
  }
  if (waiting.size > 0 && frame === 0) frame = requestAnimationFrame(work);
}

export interface Resting {
  /** @param isUrgent in the next frame, though the hand still moves */
  ask: (isUrgent?: boolean) => void;
  drop: () => void;
}

/** Work that may wait until the hand rests; that of all askers is spread over frames. */
export function afterRest(job: () => void): Resting {
  return {
    ask: (isUrgent = false) => {
      waiting.add(job);
      clearTimeout(timer);
      timer = setTimeout(work, isUrgent ? 0 : restMs);
    },
    drop: () => {
      waiting.delete(job);
    },
  };
}

/** Work that nobody waits for, from the next frame on. */
export function inFrames(job: () => void): void {
  waiting.add(job);
  if (frame === 0) frame = requestAnimationFrame(work);
}
