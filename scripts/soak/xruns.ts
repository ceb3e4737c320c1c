// 60 seconds of a mix with a reverb, at 128 frames through a JACK server without a sound card: blocks that the server had to do
// without, which should be none; each is told when it comes. Linux only; needs jackd.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { plainResponse } from '../../electron/contract/effects.ts';
import { loadNative } from '../../electron/engine/load.ts';
import type { NativeMonitor } from '../../electron/engine/native-sound.ts';
import type { NativeModule } from '../../electron/engine/native.ts';

const seconds = Number(process.env['STEMWRIGHT_SOAK_SECONDS'] ?? 60);
const rate = 48_000;
const frames = 128;
const name = `stemwright-soak-${process.pid}`;
const isRoot = process.getuid?.() === 0;

const folder = await mkdtemp(join(tmpdir(), 'stemwright-soak-'));
process.env['JACK_DEFAULT_SERVER'] = name;
process.env['JACK_NO_START_SERVER'] = '1';
const jackd = spawn('jackd', ['-n', name, ...(isRoot ? ['-R', '-P', '70'] : ['-r']), '-d', 'dummy', '-r', `${rate}`, '-p', `${frames}`], { stdio: 'ignore' });
jackd.once('error', () => {
  process.stderr.write('jackd is missing: apt-get install jackd2\n');
  process.exit(1);
});

/** As soon as the server answers. */
async function openJack(native: NativeModule): Promise<NativeMonitor> {
  for (let i = 0; i < 100; i++) {
    const device = (await native.audioDevices().catch(() => [])).find(({ system }) => system.includes('JACK'));
    if (device !== undefined) {
      return native.openMonitor({ device: device.id, rate, blockFrames: frames });
    }
    await after(100);
  }
  throw new Error('no JACK server answers');
}

async function noise(file: string, length: number, gain: number): Promise<string> {
  const path = join(folder, file);
  await writeFile(path, Buffer.from(Float32Array.from({ length }, () => gain * (Math.random() - 0.5)).buffer));
  return path;
}

try {
  const monitor = await openJack(loadNative());
  const paths = await Promise.all([0, 1, 2, 3, 4, 5].map((index) => noise(`${index}.f32`, 2 * rate * 20, 0.2)));
  const strip = { gain: 1, pan: 0, isMuted: false, isSolo: false };
  await monitor.load({ tracks: paths.map((path) => ({ path, channels: 2, isGrowing: false, isSoloSafe: false, strip })), rate, finished: null, position: 0 });
  await monitor.setEffect(
    { strip: 'master', slot: 0 },
    {
      ...{ kind: 'reverb', response: await noise('response.f32', 2 * rate, 0.01), channels: 1, edit: plainResponse, isLoudnessNormalised: false },
      ...{ mode: 'partitioned', blockSize: null, isThreaded: true, dry: 1, wet: 0.5, isDryCompensated: false },
    },
  );
  monitor.loop([0, 20 * rate]);
  monitor.play();
  await after(1000);
  monitor.resetCounters();
  const before = monitor.meters();
  const start = Date.now();
  for (let known = before.xruns; Date.now() < start + seconds * 1000;) {
    await after(50);
    const { xruns: now } = monitor.meters();
    if (now > known) process.stdout.write(`${now - known} xruns at ${((Date.now() - start) / 1000).toFixed(1)} s\n`);
    known = now;
  }
  const { blocks, xruns, overloads, ownOverloads, ownLoadWorst, loadMean, loadWorst, lateReads } = monitor.meters();
  await monitor.close();
  const due = (seconds * rate) / frames;
  process.stdout.write(
    `${blocks - before.blocks} blocks of ${due} that were due; ${xruns - before.xruns} xruns; ` +
      `blocks longer than they last: ${ownOverloads} by their own time, ${overloads} by the clock; ` +
      `load ${(100 * loadMean).toFixed(1)} %, worst block's own ${(100 * ownLoadWorst).toFixed(0)} %, by the clock ${(100 * loadWorst).toFixed(0)} %; waits for the disk: ${lateReads - before.lateReads}\n`,
  );
  process.exitCode = overloads === 0 && xruns === before.xruns && blocks - before.blocks > 0.99 * due ? 0 : 1;
} finally {
  jackd.kill();
  await rm(folder, { recursive: true, force: true });
}
