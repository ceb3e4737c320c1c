import { opendir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { DAMAGED, modelFault, quoted, SUPPORTED } from './errors.ts';

/** A Demucs bag: models that are averaged, each by its signature and its weight for each source. */
export interface Bag {
  members: { signature: string; weights: number[] | null }[];
}

/** The largest bag has 2 kB. What the YAML parser takes for deeply nested text grows with its square. */
export const MAX_BAG_BYTES = 8 * 1024;
const MAX_MEMBERS = 16;
const MAX_FOLDER_ENTRIES = 10_000;

const weightsSchema = z.array(z.number().nonnegative().max(1e6)).min(1).max(8);
const bagSchema = z.strictObject({
  // A signature becomes the start of a file name: no separators, no dots.
  models: z.array(z.string().regex(/^[A-Za-z0-9_]{1,64}$/)).min(1).max(MAX_MEMBERS),
  weights: z.array(weightsSchema).nullish(),
  // Demucs lengthens models of its older families to this, never an HTDemucs.
  segment: z.number().positive().nullish(),
});

/** @throws StemwrightError */
export function parseBag(path: string, text: string): Bag {
  const bag = bagSchema.safeParse(parseYaml(path, text));
  if (!bag.success) {
    const where = bag.error.issues[0]?.path.join('.') ?? '';
    throw modelFault(path, `is not a Demucs bag${where ? `: ${quoted(where)} is missing or wrong` : ''}`, SUPPORTED);
  }
  const { models, weights } = bag.data;
  if (weights && weights.length !== models.length) {
    throw modelFault(path, `has ${weights.length} lists of weights for ${models.length} models`, 'Correct the bag.');
  }
  return { members: models.map((signature, i) => ({ signature, weights: weights?.[i] ?? null })) };
}

function parseYaml(path: string, text: string): unknown {
  try {
    const document = parseDocument(text, { schema: 'core', logLevel: 'silent' });
    if (document.errors.length + document.warnings.length === 0) {
      return document.toJS({ maxAliasCount: 0 }) as unknown;
    }
  } catch {
    // An alias, or text nested so deeply that the parser, which recurses, overflows its stack.
  }
  throw modelFault(path, 'is neither a model nor valid YAML', DAMAGED);
}

/**
 * The file beside the bag whose name is the signature, up to its first '-' or '.'.
 * @throws StemwrightError if there is none, or more than one
 */
export async function findMember(bagPath: string, signature: string): Promise<string> {
  const found: string[] = [];
  let seen = 0;
  for await (const entry of await opendir(dirname(bagPath))) {
    if (++seen > MAX_FOLDER_ENTRIES) {
      throw modelFault(bagPath, `lies in a folder of more than ${MAX_FOLDER_ENTRIES} files`, 'Move the bag and its models into a folder of their own.');
    }
    if (/\.(?:th|safetensors)$/i.test(entry.name) && /^[^-.]*/.exec(entry.name)?.[0] === signature) {
      found.push(entry.name);
    }
  }
  const [name] = found;
  if (name === undefined) {
    throw modelFault(bagPath, `needs the model ${signature}, which is not beside it`, `Put ${signature}-….th into the same folder.`);
  }
  if (found.length > 1) {
    throw modelFault(bagPath, `is ambiguous: ${found.sort().map(quoted).join(' and ')} are both the model ${signature}`, 'Keep one of them.');
  }
  return join(dirname(bagPath), name);
}
