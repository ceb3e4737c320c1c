import type { Rectangle } from 'electron';
import { z } from 'zod';

export const WindowState = z.strictObject({
  x: z.int(),
  y: z.int(),
  width: z.int().positive(),
  height: z.int().positive(),
  isMaximized: z.boolean(),
});
export type WindowState = z.infer<typeof WindowState>;

export const smallest = { width: 960, height: 600 } as const;
const usual = { width: 1280, height: 800 } as const;
/** So much of the window has to lie on a screen that its title bar can be taken hold of. */
const graspable = { width: 200, height: 100 } as const;

/**
 * Where the window opens. Screens come and go: a place that is on none of them any more is forgotten, a size that is too
 * large for its screen is reduced.
 * @param workAreas of the screens there are; the first counts where nothing is known
 */
export function placeWindow(last: WindowState | null, workAreas: readonly Rectangle[]): Partial<Rectangle> & { width: number; height: number } {
  const area = last === null ? undefined : workAreas.find((candidate) => isGraspable(last, candidate));
  if (last === null || area === undefined) {
    return sized(last ?? usual, workAreas[0]);
  }
  const size = sized(last, area);
  return { ...size, x: clamp(last.x, area.x, area.x + area.width - size.width), y: clamp(last.y, area.y, area.y + area.height - size.height) };
}

function isGraspable(window: Rectangle, area: Rectangle): boolean {
  const width = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x);
  const height = Math.min(window.y + window.height, area.y + area.height) - Math.max(window.y, area.y);
  return width >= graspable.width && height >= graspable.height;
}

function sized(wanted: { width: number; height: number }, area: Rectangle | undefined): { width: number; height: number } {
  return {
    width: Math.max(smallest.width, Math.min(wanted.width, area?.width ?? wanted.width)),
    height: Math.max(smallest.height, Math.min(wanted.height, area?.height ?? wanted.height)),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
