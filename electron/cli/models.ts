import { resolve } from 'node:path';
import { printable } from '../contract/errors.ts';
import type { ModelDescriptor } from '../contract/model.ts';
import { ModelLibrary } from '../services/model-library.ts';
import { parse } from './arguments.ts';
import { usageFault } from './usage.ts';

type Subcommand = (args: string[], folder: string, signal: AbortSignal) => Promise<void>;

const subcommands: Record<string, Subcommand> = { list, import: importFile, download, convert, verify, remove };

export async function runModels(args: string[], folder: string, signal: AbortSignal): Promise<number> {
  const [name = '', ...rest] = args;
  const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (subcommand === undefined) {
    throw usageFault(`models takes one of ${Object.keys(subcommands).join(', ')}`);
  }
  await subcommand(rest, folder, signal);
  return 0;
}

async function list(args: string[]): Promise<void> {
  const { positionals } = parse(args, {});
  if (positionals.length > 0) {
    throw usageFault('models list takes nothing else');
  }
  const models = await new ModelLibrary().list();
  process.stdout.write(models.map(describe).join(''));
}

function describe(model: ModelDescriptor): string {
  return [
    `${model.id}  ${megabytes(model.bytes)}${model.builtIn ? ', built in' : ''}`,
    `  ${printable(model.description)}`,
    `  stems: ${model.sources.join(', ')}; modes: ${model.modes.join(', ')}`,
    `  licence: ${printable(model.licence)}\n`,
  ].join('\n');
}

async function importFile(args: string[], folder: string): Promise<void> {
  const { values, positionals } = parse(args, { name: { type: 'string' } });
  const { id } = await new ModelLibrary().import(resolve(folder, one(positionals, 'models import', 'PATH')), values.name ?? null);
  process.stdout.write(`imported as ${id}\n`);
}

async function download(args: string[], _folder: string, signal: AbortSignal): Promise<void> {
  const { positionals } = parse(args, {});
  const { stderr } = process;
  let shown = '';
  const { id } = await new ModelLibrary().download(one(positionals, 'models download', 'ID'), signal, (file, bytes, total) => {
    const text = `${file}: ${total === null ? megabytes(bytes) : `${Math.floor((10 * bytes) / total)}0 % of ${megabytes(total)}`}`;
    if (text !== shown) {
      shown = text;
      stderr.write(stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
    }
  });
  stderr.write(stderr.isTTY && shown !== '' ? '\n' : '');
  process.stdout.write(`installed as ${id}\n`);
}

async function convert(args: string[], _folder: string, signal: AbortSignal): Promise<void> {
  const { values, positionals } = parse(args, { precision: { type: 'string' } });
  const { precision } = values;
  if (precision !== 'fp16' && precision !== 'bf16') {
    throw usageFault('models convert takes --precision fp16 or bf16');
  }
  const { manifest, cost } = await new ModelLibrary().convert(one(positionals, 'models convert', 'ID'), precision, signal);
  const change = `${cost.sdrChangeDb >= 0 ? '+' : ''}${cost.sdrChangeDb.toFixed(3)} dB`;
  process.stdout.write(`installed as ${manifest.id}\non the demo song: error ${cost.relativeRms.toExponential(1)} relative RMS, SDR ${change}\n`);
}

async function verify(args: string[]): Promise<void> {
  const { positionals } = parse(args, {});
  const id = one(positionals, 'models verify', 'ID');
  const { sha256 } = await new ModelLibrary().verify(id);
  process.stdout.write(`${id}: sound, SHA-256 ${sha256}\n`);
}

async function remove(args: string[]): Promise<void> {
  const { positionals } = parse(args, {});
  const id = one(positionals, 'models remove', 'ID');
  await new ModelLibrary().remove(id);
  process.stdout.write(`${id} removed\n`);
}

function one(positionals: string[], command: string, what: string): string {
  const [value, ...more] = positionals;
  if (value === undefined || value === '' || more.length > 0) {
    throw usageFault(`${command} takes one ${what}`);
  }
  return value;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
