import { join } from 'node:path';
import { z } from 'zod';
import { chainSlots, Effect, Send } from '../contract/effects.ts';
import { JsonFile } from './json-file.ts';
import type { TrackRef } from './project-folder.ts';

/** `file` finds a reverb's response again if it was moved. */
const StoredEffect = z.strictObject({
  effect: Effect,
  file: z.strictObject({ name: z.string(), bytes: z.number(), sha256: z.string() }).nullable(),
});
export type StoredEffect = z.infer<typeof StoredEffect>;

/** A track's key, 'send' or 'master' to the effects in its slots. */
export const Chains = z.record(z.string().max(80), z.array(StoredEffect.nullable()).max(chainSlots));

/** `effects.json` of a project: how it is heard, in a file of its own, as `mix.json`. Sends are by track. */
export const ProjectEffects = z.strictObject({ version: z.literal(1), chains: Chains, sends: z.record(z.string().max(80), Send.shape.gain) });
export type ProjectEffects = z.infer<typeof ProjectEffects>;

export function effectsFile(folder: string): JsonFile<ProjectEffects> {
  return new JsonFile(join(folder, 'effects.json'), ProjectEffects);
}

export function trackKey({ kind, name }: TrackRef): string {
  return `${kind}/${name}`;
}
