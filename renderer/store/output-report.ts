/** What passes between the page and its audio thread. */
export const outputProcessor = 'engine-output';
export const reportSeconds = 0.1;
/** That are to lie ready at first: short, as one waits for it; long enough for a busy machine. */
export const wantedSeconds = 0.15;

export interface OutputReport {
  readySeconds: number;
  wantedSeconds: number;
  /** How often nothing lay ready. */
  underruns: number;
}
