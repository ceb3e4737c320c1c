import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readNetwork } from './network.ts';
import { encodeSafetensors, halfBytes, rawSafetensors, type TestTensor } from './testing-archives.ts';
import { faultOf } from './testing-faults.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stemwright-network-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const tensor = (name: string, ...shape: number[]): TestTensor => ({ name, shape, values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 8) });

async function files(tensors: TestTensor[] | Buffer, nodes: unknown[], channels = 2): Promise<[string, string]> {
  const [weights, topology] = [join(folder, 'net.safetensors'), join(folder, 'net.json')];
  await writeFile(weights, Buffer.isBuffer(tensors) ? tensors : encodeSafetensors(tensors, {}));
  await writeFile(topology, JSON.stringify({ version: 1, channels, nodes, output: 'out' }));
  return [weights, topology];
}

test('sizes follow from the tensors, for layers of every kind', async () => {
  const gru = ['', '_reverse'].flatMap((end) => [0, 1].flatMap((layer) => [
    tensor(`r.weight_ih_l${layer}${end}`, 9, layer === 0 ? 4 : 6),
    tensor(`r.weight_hh_l${layer}${end}`, 9, 3),
  ]));
  const tensors = [tensor('c.weight', 4, 2, 3), tensor('c.bias', 4), ...gru, tensor('n.weight', 6), tensor('n.bias', 6), tensor('l.weight', 2, 6)];
  const [weights, topology] = await files(tensors, [
    { name: 'conv', op: 'conv1d', inputs: ['input'], weights: 'c', padding: 1 },
    { name: 'gru', op: 'gru', inputs: ['conv'], weights: 'r' },
    { name: 'norm', op: 'groupNorm', inputs: ['gru'], weights: 'n', groups: 2 },
    { name: 'out', op: 'linear', inputs: ['norm'], weights: 'l' },
  ]);
  const { channels, nodes } = await readNetwork(weights, topology, 'bf16');
  expect(channels).toBe(2);
  expect(nodes.map(({ operation }) => operation)).toMatchObject([
    { kind: 'conv1d', in: 2, out: 4, kernel: 3, padding: 1, isCausal: false, precision: 'bf16', weight: tensors[0]?.values, bias: tensors[1]?.values },
    { kind: 'gru', inputSize: 4, hiddenSize: 3, layers: 2, isBidirectional: true, precision: 'bf16' },
    { kind: 'groupNorm', groups: 2, algorithm: 'welford' },
    { kind: 'linear', in: 6, out: 2, bias: null, precision: 'bf16' },
  ]);
  expect(Object.keys(nodes[1]?.operation.kind === 'gru' ? nodes[1].operation.parameters : {})).toHaveLength(8);
});

test('tensors in half precision become floats', async () => {
  const values = Float32Array.of(1, -0.5, 2 ** -24, 65504);
  const header = JSON.stringify({ 'l.weight': { dtype: 'F16', shape: [2, 2], data_offsets: [0, 8] } });
  const [weights, topology] = await files(rawSafetensors(header, halfBytes(values)), [{ name: 'out', op: 'linear', inputs: ['input'], weights: 'l' }]);
  const { nodes } = await readNetwork(weights, topology);
  expect(nodes[0]?.operation).toMatchObject({ weight: values });
});

test.each([
  ['a tensor that is not there', [tensor('x.weight', 2, 2)], 'holds no tensor "l.weight"'],
  ['a tensor of another rank', [tensor('l.weight', 4)], 'has the shape [4], where 2 positive sizes are needed'],
  ['a tensor of nothing', [tensor('l.weight', 2, 0)], 'has the shape [2, 0]'],
  ['a bias of another rank', [tensor('l.weight', 2, 2), tensor('l.bias', 1, 2)], 'tensor "l.bias" has the shape [1, 2]'],
])('refuses %s', async (_, tensors, message) => {
  const [weights, topology] = await files(tensors, [{ name: 'out', op: 'linear', inputs: ['input'], weights: 'l' }]);
  expect((await faultOf(readNetwork(weights, topology))).message).toContain(message);
});

test('refuses a topology that is too long, or no text', async () => {
  const [weights, topology] = await files([tensor('l.weight', 2, 2)], []);
  await writeFile(topology, Buffer.alloc(1024 * 1024 + 1, ' '));
  expect((await faultOf(readNetwork(weights, topology))).message).toContain('at most 1048576');
  await writeFile(topology, Buffer.of(0x7b, 0xff));
  expect((await faultOf(readNetwork(weights, topology))).message).toContain('is not UTF-8');
  expect((await faultOf(readNetwork(weights, folder))).message).toContain('is not a regular file');
});
