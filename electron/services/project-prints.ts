import { join } from 'node:path';
import { z } from 'zod';
import type { Edit } from '../contract/project.ts';
import { PrintSource } from '../contract/project.ts';
import { JsonFile } from './json-file.ts';
import { Chains, ProjectEffects } from './project-effects.ts';
import type { TrackRef } from './project-folder.ts';

/** How a print was made: enough to make it again. */
const Recipe = z.strictObject({
  source: PrintSource,
  /** Those that it went through, as they were then. */
  chains: Chains,
  sends: ProjectEffects.shape.sends,
  /** Of each of its tracks the parts that were done anew by then. */
  edits: z.array(z.array(z.uuid())),
});
export type Recipe = z.infer<typeof Recipe>;

/** `prints.json` of a project. Prints of earlier versions are not in it: they are never known to be old. */
const PrintsFile = z.strictObject({ version: z.literal(1), prints: z.record(z.string().max(64), Recipe) });

type Recipes = Readonly<Record<string, Recipe>>;

function recipeFile(folder: string): JsonFile<z.infer<typeof PrintsFile>> {
  return new JsonFile(join(folder, 'prints.json'), PrintsFile);
}

export async function readRecipes(folder: string): Promise<Recipes> {
  return (await recipeFile(folder).load())?.prints ?? {};
}

/** @param recipe null: the print is gone */
export async function keepRecipe(folder: string, name: string, recipe: Recipe | null): Promise<void> {
  const others = Object.entries(await readRecipes(folder)).filter(([other]) => other !== name);
  await recipeFile(folder).save({ version: 1, prints: Object.fromEntries(recipe === null ? others : [...others, [name, recipe]]) });
}

export function sourceTracks(source: PrintSource): TrackRef[] {
  return 'tracks' in source ? source.tracks : [source];
}

/** Of each of these tracks the parts that are done anew now; a print has those of what it was made of. */
export function editsOf(source: PrintSource, edits: readonly Edit[], recipes: Recipes): string[][] {
  const applied = edits.filter(({ isApplied }) => isApplied);
  return sourceTracks(source).map(({ kind, name }) => {
    switch (kind) {
      case 'original':
        return [];
      case 'print':
        return recipes[name]?.edits.flat() ?? [];
      case 'residual':
        return applied.map(({ id }) => id);
      case 'stem':
        return applied.filter(({ stems }) => stems.includes(name)).map(({ id }) => id);
    }
  });
}

/** Names of prints of tracks that have changed since. */
export function stalePrints(names: readonly string[], edits: readonly Edit[], recipes: Recipes): string[] {
  return names.filter((name) => {
    const recipe = recipes[name];
    return recipe !== undefined && JSON.stringify(editsOf(recipe.source, edits, recipes)) !== JSON.stringify(recipe.edits);
  });
}
