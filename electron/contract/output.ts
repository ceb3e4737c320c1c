import { z } from 'zod';

/**
 * What a silent monitor would play, for the page that plays it itself: a WebSocket at `output` beside the page, for one page at a
 * time. Each message is the rate as a 32-bit float, then frames of interleaved stereo in such floats, all little-endian.
 */
export const outputPath = 'output';
export const outputHeaderBytes = 4;

/** The connection's end when another page plays the sound from now on. */
export const takenByAnother = 4001;

/** From the page: how many times as fast as its rate says the monitor is to run, so that what lies ready neither grows nor runs out. */
export const PaceMessage = z.strictObject({ pace: z.number().min(0.5).max(2) });
export type PaceMessage = z.infer<typeof PaceMessage>;

/** Where it is asked for piece by piece instead, over Electron's IPC: null while nothing lies ready. */
export const OutputSound = z.strictObject({ rate: z.number().positive(), bytes: z.instanceof(Uint8Array<ArrayBufferLike>) }).nullable();
export type OutputSound = z.infer<typeof OutputSound>;
