import type { StudioClient } from '../client/client.ts';
import { LaneSound } from './lane-sound.ts';
import type { Levels, PlayableSong, Player } from './player.ts';
import { frameAt, nextPiece, type Piece } from './timeline.ts';

const pieceSeconds = 1;
const aheadSeconds = 3;
/** Time to hand a piece to the audio thread. */
const marginSeconds = 0.04;
const tickMs = 150;

type Read = StudioClient['read'];

/**
 * Plays f32 tracks through the page's AudioContext, which runs at the tracks' own rate so that pieces join without a gap.
 * Reads a few seconds ahead and keeps nothing else: memory does not grow with the song.
 */
export class AudioPlayer implements Player {
  readonly #read: Read;
  readonly #listeners = new Set<(isPlaying: boolean, fault?: Error) => void>();
  readonly #settings = new Map<string, { gain: number; pan: number }>();
  readonly #lanes = new Map<string, LaneSound>();
  #context: AudioContext | undefined;
  #mix: LaneSound | undefined;
  #song: PlayableSong | null = null;
  #loop: readonly [number, number] | null = null;
  /** Frames; where the playhead rests, and where reading goes on. */
  #rest = 0;
  #head = 0;
  #pieces: Piece[] = [];
  #run: AbortController | undefined;

  constructor(read: Read) {
    this.#read = read;
  }

  load(song: PlayableSong | null, keepsPlace: boolean): void {
    const place = keepsPlace ? this.position() : 0;
    const goesOn = keepsPlace && song !== null && this.#run !== undefined;
    this.#stop();
    if (song?.rate !== this.#song?.rate) this.#closeContext();
    this.#dropLanes();
    this.#song = song;
    this.#rest = Math.round(place * (song?.rate ?? 0));
    if (!keepsPlace) this.#loop = null;
    if (goesOn) this.#start(song);
    else this.#tell(false);
  }

  play(): void {
    const song = this.#song;
    if (song === null || this.#run !== undefined) return;
    if (this.#rest >= song.frames) this.#rest = 0;
    this.#start(song);
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
    if (wasPlaying) this.#start(this.#song);
  }

  position(): number {
    return this.#song === null ? 0 : this.#frame(this.#song.rate) / this.#song.rate;
  }

  setLoop(loop: readonly [number, number] | null): void {
    const rate = this.#song?.rate;
    this.#loop = loop === null || rate === undefined ? null : [Math.round(loop[0] * rate), Math.round(loop[1] * rate)];
    // What was read ahead no longer holds.
    if (this.#run !== undefined) this.seek(this.position());
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

  #frame(rate: number): number {
    const now = this.#context === undefined ? 0 : this.#context.currentTime - (this.#context.outputLatency || 0);
    return frameAt(this.#pieces, now, rate) ?? this.#rest;
  }

  #start(song: PlayableSong): void {
    this.#run = new AbortController();
    void this.#feed(song, this.#run.signal);
  }

  /** Reads and schedules until the end, a pause or a seek. */
  async #feed(song: PlayableSong, signal: AbortSignal): Promise<void> {
    try {
      const context = await this.#ready(song);
      this.#head = this.#rest;
      while (!signal.aborted) {
        const last = this.#pieces.at(-1);
        const ahead = last === undefined ? 0 : last.when + last.frames / song.rate - context.currentTime;
        const piece = ahead > aheadSeconds ? null : nextPiece(this.#head, song.frames, this.#loop, pieceSeconds * song.rate);
        if (piece !== null) await this.#schedule(song, context, piece, signal);
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

  async #schedule(song: PlayableSong, context: AudioContext, piece: { start: number; frames: number; next: number }, signal: AbortSignal): Promise<void> {
    const frameBytes = song.channels * 4;
    const range = [piece.start * frameBytes, (piece.start + piece.frames) * frameBytes] as const;
    const data = await Promise.all(song.tracks.map(({ address }) => this.#read(address, range, signal)));
    if (signal.aborted) return;
    const last = this.#pieces.at(-1);
    const due = last === undefined ? 0 : last.when + last.frames / song.rate;
    // A whole number of frames, so that no piece is shifted by a part of one.
    const earliest = Math.ceil((context.currentTime + marginSeconds) * song.rate) / song.rate;
    const when = due > context.currentTime ? due : earliest;
    for (const [index, { name }] of song.tracks.entries()) {
      this.#lanes.get(name)?.schedule(new Float32Array(data[index] ?? new ArrayBuffer(0)), song.channels, when);
    }
    this.#pieces = [...this.#pieces.filter((old) => old.when + old.frames / song.rate > context.currentTime - 1), { when, ...piece }];
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
    if (this.#song !== null) this.#rest = Math.round(this.#frame(this.#song.rate));
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
