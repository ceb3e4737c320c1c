/** Reads mutated model files for a while, each run from another seed: `tsx scripts/soak/fuzz-weights.ts [SECONDS [SEED]]`. */
import { fuzz } from '../../electron/weights/fuzzing.ts';

const seconds = Number(process.argv[2] ?? 120);
const seed = Number(process.argv[3] ?? Date.now() % 0x1_0000_0000);
const end = performance.now() + 1000 * seconds;
const heapBefore = process.memoryUsage().rss;

const { runs, accepted, slowestMs, mostRead } = await fuzz(seed, () => performance.now() > end);

const grownMiB = (process.memoryUsage().rss - heapBefore) / 2 ** 20;
process.stdout.write(
  `seed ${seed}: ${runs} files, ${accepted} of them still models; slowest ${slowestMs.toFixed(0)} ms, ` +
    `at most ${mostRead.toFixed(1)} x the file read, memory grew ${grownMiB.toFixed(0)} MiB\n`,
);
process.exitCode = slowestMs < 2000 && mostRead <= 6 && grownMiB < 256 ? 0 : 1;
