import { readdir, readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';

const rounds = 12;
const seconds = 3;

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

/**
 * What the meters cost, of one core: processor time of the browser and the studio, with the benchmark view's side open less
 * folded away, in turn, medians. Linux only.
 */
export async function measureMeters(page: Page): Promise<{ meters: number; rest: number }> {
  const panel = page.getByRole('region', { name: 'Now' });
  const [meters, rest]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    await panel.waitFor();
    const open = await shareOfCore(page);
    await page.keyboard.press('Control+i');
    await panel.waitFor({ state: 'detached' });
    const folded = await shareOfCore(page);
    await page.keyboard.press('Control+i');
    meters.push(open - folded);
    rest.push(folded);
  }
  const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
  return { meters: middle(meters), rest: middle(rest) };
}
