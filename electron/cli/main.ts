import { toFault } from '../contract/errors.ts';
import { runBench } from './bench.ts';
import { runConvolve } from './convolve.ts';
import { runInfo } from './info.ts';
import { runModels } from './models.ts';
import { exitCodes, faultLine } from './report.ts';
import { runSeparate } from './separate.ts';
import { runStudio } from './studio.ts';
import { usage, usageFault } from './usage.ts';

type Command = (args: string[], folder: string, signal: AbortSignal) => Promise<number>;

const commands: Record<string, Command> = { separate: runSeparate, models: runModels, convolve: runConvolve, info: runInfo, bench: runBench, studio: runStudio };

async function run(args: string[], signal: AbortSignal): Promise<number> {
  const [name, ...rest] = args;
  if (args.some((arg) => arg === '--help' || arg === '-h')) {
    process.stdout.write(usage);
    return 0;
  }
  const command = Object.hasOwn(commands, name ?? '') ? commands[name ?? ''] : undefined;
  if (command === undefined) {
    const given = name === undefined ? 'no command given' : `there is no command "${name}"`;
    throw usageFault(`${given}; there are ${Object.keys(commands).join(', ')}`);
  }
  // npm runs scripts in the package's folder and says here where the caller stood.
  return command(rest, process.env['INIT_CWD'] ?? process.cwd(), signal);
}

/** The first signal cancels and cleans up; the second ends the process there and then. */
function cancelOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        process.exit(exitCodes.cancelled);
      }
      controller.abort();
    });
  }
  return controller.signal;
}

// A reader that has gone away (`| head`) is no fault.
process.stdout.on('error', () => undefined);
try {
  process.exitCode = await run(process.argv.slice(2), cancelOnSignals());
} catch (error) {
  const fault = toFault(error);
  process.stderr.write(faultLine(fault));
  if (['separate', 'convolve'].includes(process.argv[2] ?? '') && process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ error: fault })}\n`);
  }
  process.exitCode = exitCodes[fault.code];
}
