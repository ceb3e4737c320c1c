/** A corner this sharp, in sound of low tones that all fade for 5 ms or longer, is a click: a step of as much. */
const leastClick = 0.02;

/** Finds clicks in smooth sound: where its slope changes from one sample to the next as by a step. */
export class ClickDetector {
  count = 0;
  /** The largest change of slope. */
  sharpest = 0;
  #last: [number, number][] = [
    [0, 0],
    [0, 0],
  ];

  /** @param sound interleaved stereo that follows what came before */
  listen(sound: Float32Array): void {
    for (let i = 0; i < sound.length; i++) {
      const [before, last] = this.#last[i % 2] ?? [0, 0];
      const now = sound[i] ?? 0;
      const corner = Math.abs(now - 2 * last + before);
      this.sharpest = Math.max(this.sharpest, corner);
      this.count += corner > leastClick ? 1 : 0;
      this.#last[i % 2] = [last, now];
    }
  }
}
