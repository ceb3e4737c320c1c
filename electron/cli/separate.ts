import { basename, join } from 'node:path';
import { printable, toFault } from '../contract/errors.ts';
import type { SeparationReport } from '../contract/separation.ts';
import { demoFolder } from '../services/model-library.ts';
import type { Song } from '../services/separate.ts';
import { Separator } from '../services/separator.ts';
import { parseSeparate, type SeparateArguments } from './arguments.ts';
import { ProgressDisplay } from './progress.ts';
import { exitCodes, faultLine } from './report.ts';

const demoSong: Song = { path: join(demoFolder, 'mix.flac'), name: 'demo' };

/** @return the exit code: that of the first failure. A bad file does not stop the others, a cancellation does. */
export async function runSeparate(args: string[], folder: string, signal: AbortSignal): Promise<number> {
  const parsed = parseSeparate(args, folder);
  const songs = parsed.files.length === 0 ? [demoSong] : parsed.files.map((path): Song => ({ path, name: null }));
  const notices = new Set<string>();
  const separator = new Separator(parsed.options, folder, { onNotice: (message) => notices.add(message) });
  const failures: number[] = [];
  try {
    for (const song of songs) {
      const code = await separateOne(separator, song, parsed, signal);
      if (code !== 0) {
        failures.push(code);
      }
      if (code === exitCodes.cancelled) {
        break;
      }
    }
  } finally {
    await separator.dispose();
  }
  if (!parsed.quiet) {
    process.stderr.write([...notices].map((message) => `warning: ${message}\n`).join(''));
  }
  if (parsed.options.trace !== null) {
    await separator.tracer.write(parsed.options.trace);
  }
  return failures[0] ?? 0;
}

async function separateOne(separator: Separator, song: Song, { json, quiet }: SeparateArguments, signal: AbortSignal): Promise<number> {
  const display = new ProgressDisplay(process.stderr, basename(song.path));
  try {
    const report = await separator.separate(song, signal, (progress) => {
      if (!quiet) {
        display.show(progress);
      }
    });
    display.clear();
    if (!quiet) {
      process.stderr.write(report.warnings.map(({ message }) => `warning: ${printable(basename(song.path))}: ${message}\n`).join(''));
    }
    if (json) {
      process.stdout.write(`${JSON.stringify(report)}\n`);
    } else if (!quiet) {
      process.stdout.write(summary(report));
    }
    return 0;
  } catch (error) {
    display.clear();
    const fault = toFault(error);
    process.stderr.write(faultLine(fault));
    if (json) {
      process.stdout.write(`${JSON.stringify({ error: fault })}\n`);
    }
    return exitCodes[fault.code];
  }
}

function summary({ stems, seconds, realtimeFactor, nullDepthDb }: SeparationReport): string {
  const files = stems.map(({ path }) => `${printable(path)}\n`).join('');
  const sum = nullDepthDb === null ? 'the stems sum to the song exactly' : `song minus stems: ${nullDepthDb.toFixed(1)} dBFS`;
  return `${files}${seconds.toFixed(1)} s, ${realtimeFactor.toFixed(1)} x real time; ${sum}\n`;
}
