import { useEffect, useEffectEvent } from 'react';

const callbacks = new Set<(now: number) => void>();
let request = 0;

function run(now: number): void {
  for (const callback of callbacks) {
    try {
      callback(now / 1000);
    } catch (error) {
      // The others go on.
      reportError(error);
    }
  }
  request = callbacks.size > 0 ? requestAnimationFrame(run) : 0;
}

/** Calls back at display rate, all in one frame and outside of React. @param callback gets seconds */
export function useFrame(callback: (now: number) => void): void {
  const latest = useEffectEvent(callback);
  useEffect(() => {
    const mine = (now: number): void => {
      latest(now);
    };
    callbacks.add(mine);
    if (request === 0) request = requestAnimationFrame(run);
    return () => {
      callbacks.delete(mine);
    };
  }, []);
}

/**
 * Says something else in an element that holds text alone, outside of React. The text node stays, so that its box needs no other
 * one; what says the same is left as it is, or the page would lay it out again.
 */
export function writeText(element: Element | null, text: string): void {
  const node = element?.firstChild;
  if (!(node instanceof Text)) element?.replaceChildren(text);
  else if (node.data !== text) node.data = text;
}
