// Songs of every kind, damaged at random: each becomes stems or is refused in one line, and nothing is left behind.
// `npm run soak -- damaged-inputs`; SOAK_SEED and SOAK_SECONDS choose another course.
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toFault } from '../../electron/contract/errors.ts';
import { fakeNative } from '../../electron/engine/testing.ts';
import { ffmpeg, tone } from '../../electron/media/testing.ts';
import { openWorkshop } from '../../electron/services/testing.ts';

const seconds = Number(process.env['SOAK_SECONDS'] ?? 300);
let state = Number(process.env['SOAK_SEED'] ?? 1);

/** A whole number below `limit`, from a sequence that the seed fixes. */
function random(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}

const mutations: ((bytes: Buffer) => Buffer)[] = [
  (bytes) => bytes.subarray(0, random(bytes.length)),
  (bytes) => {
    const copy = Buffer.from(bytes);
    for (let flips = 1 + random(20); flips > 0; flips--) {
      copy[random(copy.length)] = random(256);
    }
    return copy;
  },
  // Headers are where a wrong byte leads furthest.
  (bytes) => {
    const copy = Buffer.from(bytes);
    copy[random(Math.min(copy.length, 200))] = [0, 255, 127, 128, random(256)][random(5)] ?? 0;
    return copy;
  },
  (bytes) => {
    const at = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(bytes.length - at))]);
  },
  (bytes) => Buffer.concat([bytes.subarray(random(bytes.length)), bytes]),
];

const shop = await openWorkshop({ sources: ['sound'] }, fakeNative());
const originals: [string, Buffer][] = [];
for (const extension of ['wav', 'flac', 'mp3', 'm4a', 'ogg', 'opus', 'mka', 'aiff', 'caf', 'wv', 'w64', 'ac3']) {
  const path = join(shop.folder, `original.${extension}`);
  await ffmpeg(...tone(['0.3*sin(2765*t)', '0.2*sin(4147*t)'], 44_100, 20_000), ...(extension === 'opus' ? ['-c:a', 'libopus'] : []), `file:${path}`);
  originals.push([extension, await readFile(path)]);
}

const counts = { stems: 0, refused: 0, wrong: 0 };
const end = Date.now() + 1000 * seconds;
while (Date.now() < end) {
  const seed = state;
  const [extension, bytes] = originals[random(originals.length)] ?? ['', Buffer.alloc(0)];
  const path = join(shop.folder, `damaged.${extension}`);
  await writeFile(path, mutations[random(mutations.length)]?.(bytes) ?? bytes);
  const fault = await shop.separate(path).then(() => null, toFault);
  const left = (await readdir(shop.out).catch(() => [])).filter((name) => name.startsWith('.'));
  if ((fault !== null && (fault.code !== 'input' || fault.message.includes('\n'))) || left.length > 0) {
    counts.wrong++;
    process.stdout.write(`seed ${seed}, ${extension}: ${fault?.code ?? 'stems'}: ${fault?.message ?? ''} ${left.join()}\n`);
  }
  counts[fault === null ? 'stems' : 'refused']++;
  await rm(shop.out, { recursive: true, force: true });
}
await shop.close();
process.stdout.write(`${counts.stems} became stems, ${counts.refused} were refused, ${counts.wrong} wrong\n`);
process.exitCode = counts.wrong === 0 && counts.stems > 0 && counts.refused > 0 ? 0 : 1;
