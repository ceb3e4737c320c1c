// Playing for ten minutes with loops, seeks, changes of pitch and tempo, and another impulse response every 200 ms, while a song
// is separated beside it: no block whose own processor time passed what it lasts, no part of a tail too late, no click in what
// was played, no growth of memory. Blocks that the machine held up are told, with what happened just before each click. Where a host
// takes this machine's processors away and charges that to whoever runs, blocks of such moments are counted apart; a run of which half
// or more was such moments fails, as it has measured nothing.
// STEMWRIGHT_SOAK_SECONDS=120 makes it shorter.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { plainResponse } from '../../electron/contract/effects.ts';
import { loadNative } from '../../electron/engine/load.ts';
import type { NativeEffect } from '../../electron/engine/native-sound.ts';
import { ClickDetector } from './support/click-detector.ts';
import { separateUntil } from './support/separation.ts';
import { judgeOverloads, stolenTicks, type Poll } from './support/stolen-time.ts';

const seconds = Number(process.env['STEMWRIGHT_SOAK_SECONDS'] ?? 600);
const rate = 48_000;
const songSeconds = 60;
const swapMs = 200;
const mostGrowth = 32 * 2 ** 20;

const folder = await mkdtemp(join(tmpdir(), 'stemwright-soak-'));
const native = loadNative();
const strip = { gain: 1, pan: 0, isMuted: false, isSolo: false };

/** Low tones only: whatever steps, shows. */
async function stem(index: number): Promise<string> {
  const path = join(folder, `stem-${index}.f32`);
  const hz = 55 * (index + 1);
  const samples = Float32Array.from({ length: 2 * rate * songSeconds }, (_, i) => 0.08 * Math.sin((2 * Math.PI * hz * Math.floor(i / 2)) / rate));
  await writeFile(path, Buffer.from(samples.buffer));
  return path;
}

/** Noise that dies away, each of another length. */
async function response(index: number): Promise<string> {
  const path = join(folder, `response-${index}.f32`);
  const length = Math.round(rate * (0.1 + index));
  const samples = Float32Array.from({ length }, (_, i) => ((Math.random() - 0.5) / 20) * Math.exp((-6.9 * i) / length));
  await writeFile(path, Buffer.from(samples.buffer));
  return path;
}

const ending = new AbortController();

const events: { at: number; what: string }[] = [];

function note(what: string): void {
  events.push({ at: Date.now(), what });
  if (events.length > 40) events.shift();
}

/** What was done in the second before now. */
function lately(): string {
  const now = Date.now();
  return events.filter(({ at }) => now - at < 1000).map(({ at, what }) => `${what} ${now - at} ms ago`).join(', ');
}

const below = (limit: number): number => Math.floor(Math.random() * limit);

try {
  const [paths, responses] = [await Promise.all([0, 1, 2, 3, 4].map(stem)), await Promise.all([0, 1, 2, 3].map(response))];
  const monitor = await native.openMonitor({ device: 'none', rate, blockFrames: 128 });
  await monitor.load({ tracks: paths.map((path) => ({ path, channels: 2, isGrowing: false, isSoloSafe: false, strip })), rate, finished: null, position: 0 });
  monitor.play();
  await after(500);
  monitor.resetCounters();

  const clicks = new ClickDetector();
  const end = Date.now() + seconds * 1000;
  let [swaps, moves, changes, missed, played, early, peak] = [0, 0, 0, 0, 0, 0, 0];
  const start = Date.now();
  const polls: Poll[] = [];
  const poll = (): void => {
    polls.push({ overloads: monitor.meters().ownOverloads, ticks: stolenTicks() });
  };
  poll();
  const listen = async (): Promise<void> => {
    while (Date.now() < end) {
      await after(50);
      poll();
      const bytes = monitor.readOutput(rate);
      played += bytes.length / 8;
      const before = clicks.count;
      clicks.listen(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
      if (clicks.count > before) process.stdout.write(`click at ${(Date.now() - start) / 1000} s, ${clicks.sharpest.toFixed(3)}: ${lately()}\n`);
    }
  };
  const swap = async (): Promise<void> => {
    for (let due = Date.now(); Date.now() < end; swaps++) {
      const effect: NativeEffect = {
        ...{ kind: 'reverb', response: responses[swaps % responses.length] ?? '', channels: 1, edit: plainResponse, isLoudnessNormalised: true },
        ...{ mode: 'partitioned', blockSize: null, isThreaded: swaps % 2 === 0, dry: 0.7, wet: 0.3, isDryCompensated: false },
      };
      const place = { strip: swaps % 3 === 0 ? ('master' as const) : swaps % 5, slot: 0 };
      missed += monitor.meters().effects.find((one) => one.place.strip === place.strip)?.missedBlocks ?? 0;
      await monitor.setEffect(place, effect);
      note(`response ${swaps % responses.length} on ${place.strip}`);
      due += swapMs;
      await after(Math.max(0, due - Date.now()));
    }
  };
  const move = async (): Promise<void> => {
    for (; Date.now() < end; moves++) {
      await after(100 + below(900));
      const frame = below(rate * (songSeconds - 10));
      if (moves % 2 === 0) {
        monitor.seek(frame);
        note('seek');
      } else {
        monitor.loop([frame, frame + rate / 10 + below(5 * rate)]);
        note('loop');
      }
      monitor.play();
      monitor.setStrip(below(5), { ...strip, gain: Math.random(), pan: 2 * Math.random() - 1 });
    }
  };
  const change = async (): Promise<void> => {
    for (; Date.now() < end; changes++) {
      await after(1000 + below(3000));
      await monitor.setTimePitch(changes % 3 === 2 ? 0 : 12 * Math.random() - 6, changes % 3 === 2 ? 1 : 0.6 + 0.8 * Math.random());
      note('tempo');
    }
  };
  const weigh = async (): Promise<void> => {
    for (let i = 0; Date.now() < end; i++) {
      await after(1000);
      const { rss } = process.memoryUsage();
      // The first fifth fills caches.
      if (Date.now() < end - seconds * 800) early = Math.max(early, rss);
      peak = Math.max(peak, rss);
    }
    ending.abort();
  };
  const separations = separateUntil(ending.signal, native, folder);
  await Promise.all([listen(), swap(), move(), change(), weigh()]);
  poll();
  const meters = monitor.meters();
  const verdict = judgeOverloads(polls);
  await monitor.close();

  const growth = Math.max(0, peak - early);
  const figures = [
    `${seconds} s: ${swaps} responses, ${moves} seeks and loops, ${changes} changes of pitch and tempo, ${await separations} separations`,
    `${played} frames heard, ${meters.droppedOutput} missed; load ${(100 * meters.loadMean).toFixed(1)} %, worst block's own ${(100 * meters.ownLoadWorst).toFixed(0)} %, by the clock ${(100 * meters.loadWorst).toFixed(0)} %`,
    `blocks longer than they last: ${verdict.own} by their own time, ${verdict.stolen} while the host took processors away, ${meters.overloads} by the clock; begun late: ${meters.xruns}`,
    `it took some in ${verdict.stolenWindows} of ${verdict.windows} windows of 50 ms${verdict.isMeasured ? '' : ': this run has measured the host, not the engine'}`,
    `parts of tails too late: ${missed}; waits for the disk: ${meters.lateReads}`,
    `sharpest corner ${clicks.sharpest.toFixed(5)}, clicks ${clicks.count}; memory grew by ${(growth / 2 ** 20).toFixed(1)} MiB`,
  ];
  process.stdout.write(`${figures.join('\n')}\n`);
  const isRight = verdict.isMeasured && verdict.own === 0 && missed === 0 && meters.droppedOutput === 0 && clicks.count === 0 && growth < mostGrowth && meters.nonFiniteBlocks === 0;
  process.exitCode = isRight ? 0 : 1;
} finally {
  ending.abort();
  await rm(folder, { recursive: true, force: true });
}
