import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadNative } from '../engine/load.ts';
import { launch, runTool, startToolsThrough, streamTool, type StartProgram } from './process.ts';

const { startProgram } = loadNative();
const ways: [string, StartProgram | null][] = [['as Node does', null]];
if (startProgram !== null) ways.push(['through the engine', startProgram]);
const endless = ['-f', 'lavfi', '-i', 'anullsrc', '-f', 'f32le', '-'];

describe.each(ways)('tools started %s', (_, start) => {
  beforeAll(() => {
    startToolsThrough(start);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  afterAll(() => {
    startToolsThrough(null);
  });

  it('give what they write, and how they ended', async () => {
    expect(await runTool('ffprobe', ['-version'])).toMatchObject({ ok: true, errors: [], output: expect.stringMatching(/^ffprobe version/) as string });
    const failed = await runTool('ffprobe', ['-loglevel', 'error', 'file:/no such song']);
    expect(failed).toMatchObject({ ok: false, output: '', errors: [expect.stringContaining('No such file')] });
  });

  it('give long output piece by piece', async () => {
    const stream = streamTool('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', 'anullsrc=r=48000:cl=mono', '-t', '10', '-f', 'f32le', '-'], undefined);
    let bytes = 0;
    let next = await stream.next();
    for (; next.done !== true; next = await stream.next()) bytes += next.value.length;
    expect(bytes).toBe(10 * 48_000 * 4);
    expect(next.value).toEqual({ ok: true, errors: [] });
  });

  it('are killed by their signal, by their time limit, and when nobody reads on', async () => {
    const aborting = new AbortController();
    const stream = streamTool('ffmpeg', ['-loglevel', 'error', ...endless], aborting.signal);
    await stream.next();
    aborting.abort();
    await expect(async () => {
      while ((await stream.next()).done !== true);
    }).rejects.toMatchObject({ code: 'cancelled' });
    expect(await runTool('ffmpeg', ['-loglevel', 'error', '-re', ...endless], { timeoutMs: 200 })).toMatchObject({ ok: false });
    for await (const chunk of streamTool('ffmpeg', ['-loglevel', 'error', ...endless], undefined)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });

  it('go on by themselves when they are launched', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stemwright-launch-'));
    const [pipe, program] = [join(folder, 'pipe'), join(folder, 'file manager')];
    try {
      execFileSync('mkfifo', [pipe]);
      await writeFile(program, '#!/bin/sh\necho "$1" > "$2"\n', { mode: 0o755 });
      // It waits until somebody reads, and has not ended when this returns.
      await launch(program, ["it's $HOME", pipe]);
      expect(await readFile(pipe, 'utf8')).toBe("it's $HOME\n");
      await expect(launch(join(folder, 'none'), [])).rejects.toThrow(/none/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are named when they are missing', async () => {
    vi.stubEnv('PATH', '/nowhere');
    await expect(runTool('ffmpeg', [])).rejects.toMatchObject({ code: 'internal', message: expect.stringMatching(/^ffmpeg cannot be started: /) as string });
  });
});

it('the engine starts programs on Linux', () => {
  expect(startProgram !== null).toBe(process.platform === 'linux');
});
