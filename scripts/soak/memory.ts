// Peak memory must not depend on the length of the song: 20 minutes against 2, house model, time-only.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stemwright } from '../../electron/cli/testing.ts';
import { SeparationReport } from '../../electron/contract/separation.ts';
import { ffmpeg } from '../../electron/media/testing.ts';

const limit = 1.15;
const folder = await mkdtemp(join(tmpdir(), 'stemwright-soak-'));

async function peakOf(minutes: number): Promise<number> {
  const song = join(folder, `${minutes}.flac`);
  await ffmpeg('-f', 'lavfi', '-i', `anoisesrc=d=${60 * minutes}:c=pink:a=0.3:r=44100`, '-ac', '2', `file:${song}`);
  const run = await stemwright(['separate', song, '--mode', 'time-only', '--out', folder, '--format', 'flac', '--json', '--quiet']);
  if (run.code !== 0) {
    throw new Error(run.stderr);
  }
  const { peakRssBytes, realtimeFactor } = SeparationReport.parse(JSON.parse(run.stdout));
  process.stdout.write(`${minutes} min: ${(peakRssBytes / 2 ** 20).toFixed(0)} MiB, ${realtimeFactor.toFixed(1)} x real time\n`);
  return peakRssBytes;
}

try {
  const short = await peakOf(2);
  const ratio = (await peakOf(20)) / short;
  process.stdout.write(`ratio ${ratio.toFixed(3)}, at most ${limit}\n`);
  process.exitCode = ratio <= limit ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
