/** Readings that differ by less from what was foretold are led there slowly: they come over a line that is not always as fast. */
const jitterSeconds = 0.04;
const share = 0.1;
/** Without a new reading the clock goes no further than this. */
const longestSeconds = 1;
const keptSeconds = 5;

interface Reading {
  /** By the clock on the wall; the place in the song then; and how fast it goes on, 0 where it stands. Seconds. */
  at: number;
  seconds: number;
  speed: number;
}

/** Where a song is, between the readings of it and a while back: what was played then may only be heard now. */
export class SongClock {
  #readings: Reading[] = [];
  #loop: readonly [number, number] | null = null;

  setLoop(loop: readonly [number, number] | null): void {
    this.#loop = loop;
  }

  note(at: number, seconds: number, speed: number): void {
    const last = this.#readings.at(-1);
    const foretold = this.at(at);
    const isSmooth = last !== undefined && speed > 0 && last.speed === speed && Math.abs(seconds - foretold) < jitterSeconds;
    const first = this.#readings.findLastIndex((reading) => reading.at <= at - keptSeconds);
    this.#readings = [...this.#readings.slice(Math.max(0, first)), { at, seconds: isSmooth ? foretold + share * (seconds - foretold) : seconds, speed }];
  }

  /** From now on it is there, whatever was before. */
  put(seconds: number): void {
    this.#readings = [{ at: -Infinity, seconds, speed: 0 }];
  }

  /** When the reading was noted by which it tells where the song was; −Infinity: there is none, or it was put there. */
  notedAt(time: number): number {
    return this.#reading(time)?.at ?? -Infinity;
  }

  /** Before that it was where it was then. */
  forgetBefore(time: number): void {
    this.#readings = this.#readings.filter(({ at }) => at >= time);
  }

  /** @param time by the clock on the wall, now or up to some seconds ago */
  at(time: number): number {
    const reading = this.#reading(time);
    if (reading === undefined) return 0;
    if (reading.speed === 0) return reading.seconds;
    const passed = Math.min(longestSeconds, Math.max(0, time - reading.at));
    return this.#looped(reading.seconds, reading.seconds + passed * reading.speed);
  }

  #reading(time: number): Reading | undefined {
    return this.#readings.findLast(({ at }) => at <= time) ?? this.#readings[0];
  }

  #looped(from: number, to: number): number {
    if (this.#loop === null) return to;
    const [start, end] = this.#loop;
    return from < end && to >= end ? start + ((to - end) % (end - start)) : to;
  }
}
