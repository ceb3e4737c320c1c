import { useEffect, useRef, type RefObject } from 'react';
import { useTheme } from './use-theme.ts';

/** Paints anew when the painter, the size or the theme changes. The painter is stable between (`useCallback`). */
export function useCanvas(paint: (canvas: HTMLCanvasElement) => void): RefObject<HTMLCanvasElement | null> {
  const ref = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  useEffect(() => {
    const canvas = ref.current;
    if (canvas === null) return undefined;
    const repaint = (): void => {
      paint(canvas);
    };
    const sizes = new ResizeObserver(repaint);
    sizes.observe(canvas);
    repaint();
    return () => {
      sizes.disconnect();
    };
  }, [paint, theme]);
  return ref;
}
