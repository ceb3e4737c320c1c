import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { AbsolutePath } from '../../contract/queue.ts';

/** What a second instance hands to the first. */
const Handed = z.strictObject({ songs: z.array(AbsolutePath).max(1000) });
export type Handed = z.infer<typeof Handed>;

/**
 * The files among a program's arguments.
 * @param args without the program itself
 * @param folder what relative paths are meant against
 */
export function songsAmong(args: readonly string[], folder: string): string[] {
  return args.filter((arg) => arg !== '' && !arg.startsWith('-')).map((arg) => (isAbsolute(arg) ? arg : resolve(folder, arg)));
}

/** @return none where it is not what an instance of this program hands over */
export function songsHanded(data: unknown): string[] {
  const parsed = Handed.safeParse(data);
  return parsed.success ? parsed.data.songs : [];
}
