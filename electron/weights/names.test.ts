import { expect, test } from 'vitest';
import { StemwrightError } from '../contract/errors.ts';
import type { TensorEntry } from '../contract/network.ts';
import { foreignModel, toDemucsNames } from './names.ts';

function entries(...names: string[]): TensorEntry[] {
  return names.map((name, i) => ({ name, dtype: 'F32', shape: [1], offset: 4 * i, byteLength: 4 }));
}

test.each([
  ['time_encoder.0.conv.weight', 'tencoder.0.conv.weight'],
  ['freq_encoder.3.dconv.layers.0.0.bias', 'encoder.3.dconv.layers.0.0.bias'],
  ['time_decoder.1.conv_transpose.bias', 'tdecoder.1.conv_tr.bias'],
  ['freq_decoder.1.conv_transpose.weight', 'decoder.1.conv_tr.weight'],
  ['cross_transformer.layers_t.4.norm1.weight', 'crosstransformer.layers_t.4.norm1.weight'],
  ['tdecoder.1.conv_tr.bias', 'tdecoder.1.conv_tr.bias'],
  ['freq_emb.embedding.weight', 'freq_emb.embedding.weight'],
  ['other.time_encoder.weight', 'other.time_encoder.weight'],
])('%s is %s', (name, demucs) => {
  expect(toDemucsNames('m', entries(name))).toEqual(entries(demucs));
});

test.each([
  [['encoder.0.conv.weight', 'freq_encoder.0.conv.weight'], 'tensors encoder.0.conv.weight and freq_encoder.0.conv.weight are both Demucs\' encoder.0.conv.weight'],
  [['decoder.0.conv_tr.bias', 'decoder.0.conv_transpose.bias'], 'tensors decoder.0.conv_tr.bias and decoder.0.conv_transpose.bias are both Demucs\' decoder.0.conv_tr.bias'],
  [['time_encoder.0.norm.weight'], 'tensor time_encoder.0.norm.weight may be Demucs\' norm1 or norm2'],
])('%j is ambiguous', (names, message) => {
  const attempt = () => toDemucsNames('m', entries(...names));
  expect(attempt).toThrow(StemwrightError);
  expect(attempt).toThrow(`m: is ambiguous: ${message}`);
});

test.each([
  ['band_split.to_features.0.0.gamma', 'RoFormer'],
  ['model.mask_estimators.0.to_freqs.0.0.weight', 'RoFormer'],
  ['first_conv.weight', 'MDX'],
  ['encoder_blocks.0.tfc_tdf.blocks.0.tfc1.0.weight', 'MDX'],
])('%s belongs to a %s model', (name, family) => {
  expect(foreignModel([name])).toContain(family);
});
