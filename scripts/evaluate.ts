// `scripts/evaluate DIR… [--model ID|PATH] [--mode full|time-only]`: SDR of each stem beside that of the mix itself.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { toFault } from '../electron/contract/errors.ts';
import { SeparationMode } from '../electron/contract/model.ts';
import { evaluate, type StemScore } from '../electron/services/evaluate.ts';

const { values, positionals } = parseArgs({
  options: { model: { type: 'string', default: 'house' }, mode: { type: 'string', default: 'full' } },
  allowPositionals: true,
});
const mode = SeparationMode.parse(values.mode);

function line(score: StemScore): string {
  if ('leakDb' in score) {
    return `${score.name.padEnd(10)} silent; leak ${score.leakDb.toFixed(1)} dB`;
  }
  return `${score.name.padEnd(10)} SDR ${score.sdrDb.toFixed(1).padStart(6)} dB   mix as estimate ${score.mixSdrDb.toFixed(1).padStart(6)} dB`;
}

for (const folder of positionals) {
  const out = await mkdtemp(join(tmpdir(), 'stemwright-evaluate-'));
  try {
    const choice = { model: values.model, mode, cwd: process.cwd() };
    const { report, scores } = await evaluate(resolve(folder), out, choice, new AbortController().signal);
    process.stdout.write(`${basename(folder)}, ${report.model.id}, ${mode}, ${report.realtimeFactor.toFixed(1)} x real time\n`);
    process.stdout.write(scores.map((score) => `  ${line(score)}\n`).join(''));
  } catch (error) {
    const { message, hint } = toFault(error);
    process.stderr.write(`${message}. ${hint}\n`);
    process.exitCode = 1;
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
