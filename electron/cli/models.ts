import { listModels } from '../services/models.ts';
import { parse } from './arguments.ts';
import { usageFault } from './usage.ts';

export async function runModels(args: string[]): Promise<number> {
  const { positionals } = parse(args, {});
  const [command, ...rest] = positionals;
  if (command !== 'list' || rest.length > 0) {
    throw usageFault('models takes: list');
  }
  for (const model of await listModels()) {
    const size = `${(model.bytes / 1e6).toFixed(1)} MB`;
    process.stdout.write(
      [
        `${model.id}  ${size}${model.builtIn ? ', built in' : ''}`,
        `  ${model.description}`,
        `  stems: ${model.sources.join(', ')}; modes: ${model.modes.join(', ')}`,
        `  licence: ${model.licence}\n`,
      ].join('\n'),
    );
  }
  return 0;
}
