import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { BenchmarkEntry } from '../contract/benchmark.ts';
import { cancelled, StemwrightError } from '../contract/errors.ts';

const program = fileURLToPath(new URL('../../build/peers/scripts/peers/stemwright_convolution_peers', import.meta.url));

/** Ours and its rivals in turn, in a program of its own. @throws StemwrightError 'usage' when none was built */
export async function runPeers(signal: AbortSignal, path: string = program): Promise<BenchmarkEntry[]> {
  await access(path).catch(() => {
    throw new StemwrightError('usage', 'there are no rivals to compare with', 'Build them with `npm run bench:peers`.');
  });
  const output = await new Promise<string>((resolve, reject) => {
    execFile(path, { signal, maxBuffer: 1 << 20 }, (error, stdout) => {
      if (error === null) {
        resolve(stdout);
      } else {
        reject(signal.aborted ? cancelled() : new Error(`the rivals' program failed: ${error.message}`));
      }
    });
  });
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => BenchmarkEntry.parse(JSON.parse(line)));
}
