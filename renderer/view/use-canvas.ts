import { useEffect, useRef, type RefObject } from 'react';
import { useStudio } from './studio-context.ts';

/** Paints anew when the painter, the size or the theme changes. The painter is stable between (`useCallback`). */
export function useCanvas(paint: (canvas: HTMLCanvasElement) => void): RefObject<HTMLCanvasElement | null> {
  const ref = useRef<HTMLCanvasElement>(null);
  const theme = useStudio(({ settings }) => settings.theme);
  useEffect(() => {
    const canvas = ref.current;
    if (canvas === null) return undefined;
    const repaint = (): void => {
      paint(canvas);
    };
    const sizes = new ResizeObserver(repaint);
    const system = matchMedia('(prefers-color-scheme: light)');
    sizes.observe(canvas);
    system.addEventListener('change', repaint);
    repaint();
    return () => {
      sizes.disconnect();
      system.removeEventListener('change', repaint);
    };
  }, [paint, theme]);
  return ref;
}
