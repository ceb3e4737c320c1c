import type { Page } from '@playwright/test';

declare global {
  interface Window {
    stemwrightShifts: { value: number; text: string }[];
  }
}

interface LayoutShift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
  sources: { node: Node | null }[];
}

/** Notes what moves without being asked to, since the page was opened. */
export async function watchShifts(page: Page): Promise<void> {
  await page.evaluate(() => {
    const name = (node: Node | null): string => (node instanceof Element ? `${node.tagName.toLowerCase()}.${node.className} "${node.textContent.slice(0, 40)}"` : (node?.textContent ?? 'removed'));
    window.stemwrightShifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as LayoutShift[]) {
        const text = `${entry.value.toFixed(4)} at ${entry.startTime.toFixed(0)} ms: ${entry.sources.map(({ node }) => name(node)).join(', ')}`;
        if (!entry.hadRecentInput) window.stemwrightShifts.push({ value: entry.value, text });
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

/** What has moved; not the figures, which are a few pixels wider when they have a digit more. */
export async function shifts(page: Page): Promise<string[]> {
  const found = await page.evaluate(() => window.stemwrightShifts);
  return found.filter(({ value }) => value > 0.0005).map(({ text }) => text);
}

/** Texts of which a part is cut off without an ellipsis to say so. */
export function clippedTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const slack = 1;
    const clips = (value: string): boolean => value === 'hidden' || value === 'clip';
    const isCut = (text: Text): boolean => {
      const range = document.createRange();
      range.selectNodeContents(text);
      const { left, right, top, bottom, width } = range.getBoundingClientRect();
      if (width === 0) return false;
      let hasEllipsis = false;
      for (let box = text.parentElement; box !== null; box = box.parentElement) {
        const { overflowX, overflowY, textOverflow, clipPath, position } = getComputedStyle(box);
        const edge = box.getBoundingClientRect();
        // Hidden from the eye on purpose.
        if (clipPath !== 'none' || edge.width <= 1) return false;
        hasEllipsis ||= textOverflow === 'ellipsis';
        const isWide = clips(overflowX) && (left < edge.left - slack || right > edge.right + slack);
        const isHigh = clips(overflowY) && (top < edge.top - slack || bottom > edge.bottom + slack);
        if ((isWide && !hasEllipsis) || isHigh) return true;
        // What scrolls is not cut.
        if (overflowX === 'auto' || overflowX === 'scroll' || overflowY === 'auto' || overflowY === 'scroll' || position === 'fixed') return false;
      }
      return false;
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const { parentElement } = node;
      if (node instanceof Text && node.data.trim() !== '' && parentElement?.checkVisibility() === true && isCut(node)) found.push(`${parentElement.tagName.toLowerCase()}.${parentElement.className}: ${node.data}`);
    }
    return found;
  });
}
