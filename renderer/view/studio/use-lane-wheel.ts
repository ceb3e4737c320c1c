import { useEffect, type RefObject } from 'react';
import { useStudioStore } from '../studio-context.ts';

/**
 * Ctrl with the wheel zooms about the pointer; Shift, or sideways, scrolls.
 * @param area listens @param time is as wide as the lanes
 */
export function useLaneWheel(area: RefObject<HTMLElement | null>, time: RefObject<HTMLElement | null>): void {
  const store = useStudioStore();
  useEffect(() => {
    const element = area.current;
    const onWheel = (event: WheelEvent): void => {
      const { window, zoom, scroll } = store.getState();
      if (time.current === null || !(event.target instanceof Element) || event.target.closest('[role="slider"]') !== null) return;
      const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      const { left, width } = time.current.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey) zoom(Math.exp(event.deltaY / 300), window.start + ((event.clientX - left) / width) * window.span);
      else if (sideways !== 0) scroll(window.start + (sideways / width) * window.span);
      else return;
      event.preventDefault();
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [store, area, time]);
}
