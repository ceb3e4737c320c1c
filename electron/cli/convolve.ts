import { basename } from 'node:path';
import type { ConvolutionReport } from '../contract/convolution.ts';
import { printable } from '../contract/errors.ts';
import { convolve } from '../services/convolve.ts';
import { tracerFor } from '../services/trace.ts';
import { parseConvolve } from './arguments.ts';
import { ProgressDisplay } from './progress.ts';

export async function runConvolve(args: string[], folder: string, signal: AbortSignal): Promise<number> {
  const { options, json, trace } = parseConvolve(args, folder);
  const display = new ProgressDisplay(process.stderr, basename(options.input));
  const tracer = tracerFor(trace);
  const report = await tracer.span('convolve', () => convolve(options, {
    signal,
    onProgress: (progress) => {
      display.show(progress);
    },
  })).finally(() => {
    display.clear();
  });
  if (trace !== null) {
    await tracer.write(trace);
  }
  process.stderr.write(report.warnings.map(({ message }) => `warning: ${message}\n`).join(''));
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : summary(report));
  return 0;
}

function summary({ output, seconds, realtimeFactor, normalizeGainDb }: ConvolutionReport): string {
  const peak = output.peakDb === null ? 'silent' : `peak ${output.peakDb.toFixed(1)} dBFS`;
  const gain = normalizeGainDb === null ? '' : `, response turned by ${normalizeGainDb.toFixed(1)} dB`;
  return `${printable(output.path)}\n${seconds.toFixed(1)} s, ${realtimeFactor.toFixed(1)} x real time; ${peak}${gain}\n`;
}
