import type { StemwrightError } from '../contract/errors.ts';
import type { TensorEntry } from '../contract/network.ts';
import { modelFault } from './errors.ts';

/** MetalAudio's names for the parts of an HTDemucs, and Demucs' own. */
const ROOTS = new Map([
  ['time_encoder', 'tencoder'],
  ['time_decoder', 'tdecoder'],
  ['freq_encoder', 'encoder'],
  ['freq_decoder', 'decoder'],
  ['cross_transformer', 'crosstransformer'],
]);

/**
 * The tensors under Demucs' names; those that have them already stay as they are.
 * @throws StemwrightError where two tensors end up under one name, or a name may stand for two
 */
export function toDemucsNames(path: string, tensors: readonly TensorEntry[]): TensorEntry[] {
  const origins = new Map<string, string>();
  return tensors.map((tensor) => {
    const name = demucsName(path, tensor.name);
    const other = origins.get(name);
    if (other !== undefined) {
      throw ambiguous(path, `tensors ${other} and ${tensor.name} are both Demucs' ${name}`);
    }
    origins.set(name, tensor.name);
    return { ...tensor, name };
  });
}

/** The family of a separation model that is not an HTDemucs, by its tensors' names. */
export function foreignModel(names: readonly string[]): string | null {
  if (names.some((name) => /(?:^|\.)(?:band_split|mask_estimators)\./.test(name))) {
    return 'is a RoFormer model, which is not supported';
  }
  return names.some((name) => /(?:^|\.)(?:first_conv|encoder_blocks|bottleneck_block|final_conv)\./.test(name))
    ? 'is an MDX model, which is not supported'
    : null;
}

function demucsName(path: string, name: string): string {
  const [root = '', ...rest] = name.split('.');
  const mapped = [ROOTS.get(root) ?? root, ...rest.map((part) => (part === 'conv_transpose' ? 'conv_tr' : part))];
  // MetalAudio's exporter writes norm1 and norm2 under this one name, so that one of the two is lost.
  if (mapped.includes('norm')) {
    throw ambiguous(path, `tensor ${name} may be Demucs' norm1 or norm2`);
  }
  return mapped.join('.');
}

function ambiguous(path: string, what: string): StemwrightError {
  return modelFault(path, `is ambiguous: ${what}`, "Export the model again under Demucs' names.");
}
