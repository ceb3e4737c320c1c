/**
 * The studio's one clock in the shape of a media element, so that no lane's wavesurfer makes one of its own. It tells of no
 * time passing: the playhead is one line over all lanes, where a cursor in each would cost a layout a frame.
 */
class Clock extends EventTarget {
  readonly duration: number;
  readonly #position: () => number;
  readonly #seek: (seconds: number) => void;
  readonly readyState = 4;
  readonly paused = true;
  readonly ended = false;
  readonly seeking = false;
  readonly src = '';
  readonly currentSrc = '';
  readonly muted = false;
  readonly volume = 1;
  readonly playbackRate = 1;

  constructor(duration: number, position: () => number, seek: (seconds: number) => void) {
    super();
    this.duration = duration;
    this.#position = position;
    this.#seek = seek;
  }

  get currentTime(): number {
    return this.#position();
  }

  set currentTime(seconds: number) {
    this.#seek(seconds);
  }
}

/** wavesurfer's type asks for a whole HTMLMediaElement; it uses what Clock has. All times are seconds of the song. */
export function mediaClock(duration: number, position: () => number, seek: (seconds: number) => void): HTMLMediaElement {
  return new Clock(duration, position, seek) as unknown as HTMLMediaElement;
}
