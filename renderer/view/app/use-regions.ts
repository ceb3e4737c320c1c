import { useEffect } from 'react';

const regions = 'header, [aria-label="Queue and library"], [aria-label="Groups"], [aria-label="Impulse responses"], main, [aria-label="Separation settings"], [aria-label="Advisor"], [aria-label="Engine and meters"]';
const reachable = 'button:not(:disabled), input:not(:disabled), a[href], [tabindex="0"]';

/** F6 goes from region to region, with Shift backwards: to what had the focus there, else to the first that can. */
export function useRegions(): void {
  useEffect(() => {
    const last = new WeakMap<Element, HTMLElement>();
    const regionOf = (element: EventTarget | null): Element | null => (element instanceof Element ? element.closest(regions) : null);
    const onFocus = ({ target }: FocusEvent): void => {
      const region = regionOf(target);
      if (region !== null && target instanceof HTMLElement) last.set(region, target);
    };
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== 'F6' || document.querySelector('[aria-modal="true"], [role="dialog"]') !== null) return;
      event.preventDefault();
      const all = [...document.querySelectorAll(regions)];
      const at = all.findIndex((region) => region === regionOf(document.activeElement));
      const next = all[(at + (event.shiftKey ? (at === -1 ? 0 : -1) : 1) + all.length) % all.length];
      if (next === undefined) return;
      const before = last.get(next);
      const target = before?.isConnected === true ? before : (next.querySelector<HTMLElement>(reachable) ?? next);
      if (target instanceof HTMLElement) target.focus();
    };
    addEventListener('focusin', onFocus);
    addEventListener('keydown', onKeyDown);
    return () => {
      removeEventListener('focusin', onFocus);
      removeEventListener('keydown', onKeyDown);
    };
  }, []);
}
