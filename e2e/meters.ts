import { readdir, readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';

const rounds = 30;
const seconds = 2;

/** @return processor time of this process's children and theirs, nanoseconds; a thread's goes when it ends */
async function childrenTime(): Promise<number> {
  const parents = new Map<string, string>();
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    parents.set(pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '');
  }
  const own = String(process.pid);
  const isOurs = (pid: string | undefined): boolean => pid !== undefined && pid !== '0' && (parents.get(pid) === own || isOurs(parents.get(pid)));
  let total = 0;
  for (const pid of [...parents.keys()].filter(isOurs)) {
    for (const task of await readdir(`/proc/${pid}/task`).catch(() => [])) {
      total += Number((await readFile(`/proc/${pid}/task/${task}/schedstat`, 'utf8').catch(() => '0')).split(' ')[0]);
    }
  }
  return total;
}

async function shareOfCore(page: Page): Promise<number> {
  const [before, start] = [await childrenTime(), performance.now()];
  await page.waitForTimeout(1000 * seconds);
  return ((await childrenTime()) - before) / 1e6 / (performance.now() - start);
}

/** Medians of what `rounds` rounds gave, of one core. */
export interface MetersCost {
  /** The meters' own: all that is shown less the same without them. What asks the machine once a second goes on in both. */
  meters: number;
  /** All of the side, the advisor and those questions with them: less the same folded away. */
  side: number;
  rest: number;
}

/**
 * What the meters cost: processor time of the browser and the studio, with the benchmark view's meters shown, hidden, and their
 * whole side folded away, in turn. Linux only.
 */
export async function measureMeters(page: Page): Promise<MetersCost> {
  const panel = page.getByRole('region', { name: 'Now' });
  const [meters, side, rest]: [number[], number[], number[]] = [[], [], []];
  // By its place in the page: what is hidden has no role.
  const section = page.locator('section[aria-labelledby="meters-title"]');
  const show = (isShown: boolean): Promise<void> => section.evaluate((element: HTMLElement, value) => {
    element.style.display = value;
  }, isShown ? '' : 'none');
  for (let round = 0; round < rounds; round++) {
    await panel.waitFor();
    const shown = await shareOfCore(page);
    await show(false);
    const hidden = await shareOfCore(page);
    await show(true);
    await page.keyboard.press('Control+i');
    await panel.waitFor({ state: 'detached' });
    const folded = await shareOfCore(page);
    await page.keyboard.press('Control+i');
    meters.push(shown - hidden);
    side.push(shown - folded);
    rest.push(folded);
  }
  const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
  return { meters: middle(meters), side: middle(side), rest: middle(rest) };
}
