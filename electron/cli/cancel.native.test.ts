import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noise, writeWave } from '../media/testing.ts';
import { writeSmallModel } from '../services/testing.ts';
import { stemwright } from './testing.ts';

let folder: string;
let out: string;
let model: string;
let song: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-cancel-'));
  model = join(folder, 'tiny.safetensors');
  song = join(folder, 'song.wav');
  await writeSmallModel(model);
  await writeWave(song, noise(48_000 * 20, 2, 0.1), { rate: 48_000 });
});
beforeEach(async () => {
  out = join(folder, 'out');
  await rm(out, { recursive: true, force: true });
  await mkdir(out);
});
afterAll(() => rm(folder, { recursive: true }));

const args = () => ['separate', song, '--model', model, '--mode', 'time-only', '--out', out, '--json'];

/** Processes that name the test's folder in their command line. */
function leftProcesses(): string[] {
  const all = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return all.filter((line) => line.includes(folder) && /^(?:\S*\/)?(?:ffmpeg|ffprobe|node)\b/.test(line) && !line.includes('vitest'));
}

// Windows has no signals to send, and only Linux mounts a small disk for one process.
describe.runIf(process.platform !== 'win32')('a signal leaves nothing behind', () => {
  const phases = ['load', 'decode', 'resample', 'separate', 'finish', 'encode'];
  const cases = phases.flatMap((phase) => (['SIGINT', 'SIGTERM'] as const).map((signal) => [phase, signal] as const));
  it.each(cases)('in %s: %s', async (phase, signal) => {
    let sent = false;
    const run = await stemwright(args(), {
      onStderr: (text, kill) => {
        if (!sent && text.includes(`song.wav: ${phase}`)) {
          sent = true;
          kill(signal);
        }
      },
    });
    expect(sent).toBe(true);
    expect({ code: run.code, last: run.stderr.trimEnd().split('\n').at(-1) }).toEqual({ code: 130, last: 'stemwright: cancelled' });
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'cancelled' } });
    expect(await readdir(out)).toEqual([]);
    expect(leftProcesses()).toEqual([]);
  });

  it('the second one ends it at once, and still nothing is left', async () => {
    let sent = false;
    const run = await stemwright(args(), {
      onStderr: (text, kill) => {
        if (!sent && text.includes('song.wav: separate')) {
          sent = true;
          kill('SIGINT');
          kill('SIGTERM');
        }
      },
    });
    expect(run.code).toBe(130);
    expect(await readdir(out)).toEqual([]);
    expect(leftProcesses()).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('a disk', () => {
  /** Runs the command where `out` is a file system of its own; afterwards lists what lies in it. */
  async function onTmpfs(options: string): Promise<{ code: number | null; stderr: string; left: string }> {
    const script = `mount -t tmpfs -o ${options} tmpfs "$0" && { "$@"; code=$?; ls -A "$0"; exit $code; }`;
    const wrapper = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script, out];
    const { code, stderr, stdout } = await stemwright(args(), { wrapper });
    const left = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    return { code, stderr, left: left.join() };
  }

  it.each(['1m', '10m', '20m', '40m', '55m'])('of %s is too small: exit 5', async (size) => {
    const { code, stderr, left } = await onTmpfs(`size=${size}`);
    expect({ code, left }).toEqual({ code: 5, left: '' });
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^stemwright: .*(?:no room|No space).*Free some/);
  });

  it('large enough will do', async () => {
    expect(await onTmpfs('size=200m')).toMatchObject({ code: 0, left: 'song' });
  });

  it('that is read-only: exit 6', async () => {
    const { code, stderr, left } = await onTmpfs('ro');
    expect({ code, left }).toEqual({ code: 6, left: '' });
    expect(stderr).toMatch(/EROFS.*--out/);
  });
});
