/** Runs `work` on every item, at most `limit` at once. The first fault ends it, after those under way have ended. */
export async function forEachLimited<T>(items: readonly T[], limit: number, work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const faults: unknown[] = [];
  const worker = async (): Promise<void> => {
    while (next < items.length && faults.length === 0) {
      const index = next++;
      try {
        await work(items[index] as T, index);
      } catch (error) {
        faults.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (faults.length > 0) {
    throw faults[0];
  }
}

/** At most `count` groups of neighbours, as equal as can be. */
export function inGroups<T>(items: readonly T[], count: number): T[][] {
  const groups = Math.min(count, items.length);
  return Array.from({ length: groups }, (_, index) => items.slice(Math.floor((index * items.length) / groups), Math.floor(((index + 1) * items.length) / groups)));
}
