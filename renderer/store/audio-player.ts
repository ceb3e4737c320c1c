import type { StudioClient } from '../client/client.ts';
import { LaneSound } from './lane-sound.ts';
import type { Levels, PlayableSong, Player } from './player.ts';
import { frameAt, nextPiece, rejoin, type Loop, type Piece } from './timeline.ts';

const pieceSeconds = 0.5;
/** Short, as what is being separated may become final while it is on its way. */
const aheadSeconds = 1.5;
/** Time to hand a piece to the audio thread, and the least of it: a piece that comes later would be cut. */
const marginSeconds = 0.04;
const leastSeconds = 0.008;
const tickMs = 100;

type Read = StudioClient['read'];

/**
 * Plays f32 tracks through the page's AudioContext, which runs at the tracks' own rate so that pieces join without a gap.
 * Reads a little ahead and keeps nothing else: memory does not grow with the song.
 */
export class AudioPlayer implements Player {
  readonly #read: Read;
  readonly #listeners = new Set<(isPlaying: boolean, fault?: Error) => void>();
  readonly #settings = new Map<string, { gain: number; pan: number }>();
  readonly #lanes = new Map<string, LaneSound>();
  #context: AudioContext | undefined;
  #mix: LaneSound | undefined;
  #song: PlayableSong | null = null;
  #loop: Loop | null = null;
  /** Frames; where the playhead rests, and where reading goes on. */
  #rest = 0;
  #head = 0;
  #pieces: Piece[] = [];
  #run: AbortController | undefined;

  constructor(read: Read) {
    this.#read = read;
  }

  load(song: PlayableSong | null, keepsPlace: boolean): void {
    if (keepsPlace && song !== null && this.#run !== undefined && song.rate === this.#song?.rate) {
      // What is on its way plays on, and reading goes on from the new tracks: nothing is heard of the change.
      this.#song = song;
      return;
    }
    const place = keepsPlace ? this.position() : 0;
    this.#stop();
    if (song?.rate !== this.#song?.rate) this.#closeContext();
    this.#dropLanes();
    this.#song = song;
    this.#rest = Math.round(place * (song?.rate ?? 0));
    if (!keepsPlace) this.#loop = null;
    this.#tell(false);
  }

  play(): void {
    const song = this.#song;
    if (song === null || this.#run !== undefined) return;
    if (this.#rest >= song.frames) this.#rest = 0;
    this.#start();
    this.#tell(true);
  }

  pause(): void {
    if (this.#run === undefined) return;
    this.#stop();
    this.#tell(false);
  }

  seek(seconds: number): void {
    if (this.#song === null) return;
    const wasPlaying = this.#run !== undefined;
    this.#stop();
    this.#rest = Math.round(Math.min(this.#song.frames, Math.max(0, seconds * this.#song.rate)));
    if (wasPlaying) this.#start();
  }

  position(): number {
    return this.#song === null ? 0 : this.#frame() / this.#song.rate;
  }

  setLoop(loop: readonly [number, number] | null): void {
    const song = this.#song;
    this.#loop = loop === null || song === null ? null : [Math.round(loop[0] * song.rate), Math.round(loop[1] * song.rate)];
    if (song === null || this.#run === undefined || this.#pieces.length === 0) return;
    const at = this.#frame();
    const next = rejoin(this.#pieces.filter(({ when, frames }) => when + frames > this.#now()), at, song.frames, this.#loop);
    if (next === null) this.seek(at / song.rate);
    else this.#head = next;
  }

  setTrack(name: string, gain: number, pan: number): void {
    this.#settings.set(name, { gain, pan });
    this.#lanes.get(name)?.set(gain, pan);
  }

  levels(name?: string): Levels {
    const lane = name === undefined ? this.#mix : this.#lanes.get(name);
    return lane?.levels() ?? { left: 0, right: 0 };
  }

  onState(listener: (isPlaying: boolean, fault?: Error) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.pause();
    this.#closeContext();
  }

  /** Of the audio clock, as it is heard. */
  #now(): number {
    return this.#context === undefined ? 0 : (this.#context.currentTime - (this.#context.outputLatency || 0)) * this.#context.sampleRate;
  }

  #frame(): number {
    return frameAt(this.#pieces, this.#now()) ?? this.#rest;
  }

  #start(): void {
    this.#run = new AbortController();
    void this.#feed(this.#run.signal);
  }

  /** Reads and schedules until the end, a pause or a seek. */
  async #feed(signal: AbortSignal): Promise<void> {
    try {
      this.#head = this.#rest;
      while (!signal.aborted && this.#song !== null) {
        const song = this.#song;
        const context = await this.#ready(song);
        const last = this.#pieces.at(-1);
        const ahead = last === undefined ? 0 : (last.when + last.frames) / song.rate - context.currentTime;
        const piece = ahead > aheadSeconds ? null : nextPiece(this.#head, song.frames, this.#loop, pieceSeconds * song.rate);
        if (piece !== null) await this.#take(song, context, piece, signal);
        else if (this.#head >= song.frames && ahead <= 0) break;
        else await new Promise((resolve) => setTimeout(resolve, tickMs));
      }
      if (!signal.aborted) this.pause();
    } catch (error) {
      if (signal.aborted) return;
      this.#stop();
      this.#tell(false, error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #take(song: PlayableSong, context: AudioContext, piece: { start: number; frames: number; next: number }, signal: AbortSignal): Promise<void> {
    const frameBytes = song.channels * 4;
    const range = [piece.start * frameBytes, (piece.start + piece.frames) * frameBytes] as const;
    let data: ArrayBuffer[];
    try {
      data = await Promise.all(song.tracks.map(({ address }) => this.#read(address, range, signal)));
    } catch (error) {
      // The song has moved to other tracks meanwhile: the piece is read from those.
      if (this.#song === song) throw error;
      return;
    }
    // Not when it was paused, or another loop wants another piece.
    if (!signal.aborted && this.#head === piece.start) this.#schedule(song, context, piece, data);
  }

  #schedule(song: PlayableSong, context: AudioContext, piece: { start: number; frames: number; next: number }, data: readonly ArrayBuffer[]): void {
    const { rate } = song;
    const now = context.currentTime;
    const last = this.#pieces.at(-1);
    const due = last === undefined ? 0 : last.when + last.frames;
    // In whole frames, counted and not added up, so that pieces join to the sample however long they play.
    const when = due / rate > now + leastSeconds ? due : Math.ceil((now + marginSeconds) * rate);
    for (const [index, { name }] of song.tracks.entries()) {
      this.#lanes.get(name)?.schedule(new Float32Array(data[index] ?? new ArrayBuffer(0)), song.channels, when / rate);
    }
    this.#pieces = [...this.#pieces.filter((old) => (old.when + old.frames) / rate > now - 1), { when, start: piece.start, frames: piece.frames }];
    this.#head = piece.next;
  }

  async #ready(song: PlayableSong): Promise<AudioContext> {
    this.#context ??= new AudioContext({ sampleRate: song.rate, latencyHint: 'interactive' });
    const context = this.#context;
    this.#mix ??= new LaneSound(context, context.destination);
    for (const { name } of song.tracks) {
      if (this.#lanes.has(name)) continue;
      const lane = new LaneSound(context, this.#mix.input);
      const { gain, pan } = this.#settings.get(name) ?? { gain: 1, pan: 0 };
      lane.set(gain, pan);
      this.#lanes.set(name, lane);
    }
    if (context.state === 'suspended') await context.resume();
    return context;
  }

  #stop(): void {
    if (this.#song !== null) this.#rest = Math.round(this.#frame());
    this.#run?.abort();
    this.#run = undefined;
    this.#pieces = [];
    for (const lane of this.#lanes.values()) lane.stop();
  }

  #dropLanes(): void {
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
  }

  #closeContext(): void {
    this.#dropLanes();
    this.#mix = undefined;
    void this.#context?.close();
    this.#context = undefined;
  }

  #tell(isPlaying: boolean, fault?: Error): void {
    for (const listener of this.#listeners) listener(isPlaying, fault);
  }
}
