import { z } from 'zod';

const bpm = z.number().min(20).max(400);
const confidence = z.number().min(0).max(1);

/** Pitch and tempo of a song, each by itself; cents are fractions of `semitones`. At 0 and 1 the samples are the tracks' own. */
export const TimePitch = z.strictObject({ semitones: z.number().min(-12).max(12), speed: z.number().min(0.5).max(1.5) });
export type TimePitch = z.infer<typeof TimePitch>;

/** The tonic is a pitch class, from C on. */
const Key = z.strictObject({ tonic: z.int().min(0).max(11), isMinor: z.boolean() });

/** Of a song. What a person has corrected has confidence 1. */
export const Rhythm = z.strictObject({
  /** Null: none was found. */
  tempo: z.strictObject({ bpm, confidence }).nullable(),
  /** Seconds, ascending; as they are played, not an even grid, until a tempo was tapped. */
  beats: z.array(z.number().nonnegative()),
  key: Key.extend({ confidence }).nullable(),
  isCorrected: z.boolean(),
});
export type Rhythm = z.infer<typeof Rhythm>;

/** `tap`: an even grid through a beat at `offsetSeconds`. `double`, `halve`: from the beats there are. `reset`: as it was found. */
export const RhythmCorrection = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tap'), bpm, offsetSeconds: z.number().min(0) }),
  z.strictObject({ kind: z.literal('double') }),
  z.strictObject({ kind: z.literal('halve') }),
  z.strictObject({ kind: z.literal('key'), key: Key }),
  z.strictObject({ kind: z.literal('reset') }),
]);
export type RhythmCorrection = z.infer<typeof RhythmCorrection>;
