import { describe, expect, test } from 'vitest';
import { faultOf } from './testing-faults.ts';
import { parseTopology } from './topology.ts';

const linear = (name: string, ...inputs: string[]) => ({ name, op: 'linear', inputs, weights: name });
const add = (name: string, ...inputs: string[]) => ({ name, op: 'add', inputs });
const topology = (nodes: unknown, rest: Record<string, unknown> = {}) => JSON.stringify({ version: 1, channels: 2, nodes, output: 'out', ...rest });

test('nodes come after those that they take from, wherever they stood', () => {
  const text = topology([add('out', 'b', 'a', 'input'), { ...linear('b', 'a'), op: 'conv1d', dilation: 4, isCausal: true }, linear('a', 'input')]);
  const { channels, nodes } = parseTopology('t.json', text);
  expect(channels).toBe(2);
  expect(nodes.map(({ name }) => name)).toEqual(['a', 'b', 'out']);
  expect(nodes[1]).toEqual({ name: 'b', op: 'conv1d', inputs: ['a'], weights: 'b', stride: 1, dilation: 4, padding: 0, isCausal: true });
});

test('a chain of thousands and a node that is taken twice are no cycle', () => {
  const chain = Array.from({ length: 4095 }, (_, i) => ({ name: `n${i}`, op: 'tanh', inputs: [i === 0 ? 'input' : `n${i - 1}`] }));
  expect(parseTopology('t.json', topology([...chain, add('out', 'n4094', 'n4094')])).nodes).toHaveLength(4096);
});

describe('refuses', () => {
  const out = linear('out', 'input');
  const attacks: Record<string, [string, string]> = {
    'what is no JSON': ['{', 'is not valid JSON'],
    'deep nesting': ['['.repeat(1e5), 'is nested deeper than 4 levels'],
    'a name twice in an object': ['{"version":1,"version":1}', 'holds the name "version" twice'],
    'a prototype': ['{"__proto__":{}}', 'holds the name "__proto__"'],
    'another version': [topology([out], { version: 2 }), 'is no topology: look at "version"'],
    'no channels': [topology([out], { channels: 0 }), 'look at "channels"'],
    'channels beyond all measure': [topology([out], { channels: 1e9 }), 'look at "channels"'],
    'channels that are no number': ['{"version":1,"channels":NaN}', 'is not valid JSON'],
    'no nodes': [topology([]), 'look at "nodes"'],
    'too many nodes': [topology(Array.from({ length: 4097 }, (_, i) => linear(`n${i}`, 'input'))), 'look at "nodes"'],
    'a member it does not know': [topology([out], { run: 'rm -rf' }), 'is no topology'],
    'an unknown operation': [topology([{ ...out, op: 'system\u001b[2J' }]), 'node 0 has the unknown operation "system\\u{1b}[2J"'],
    'a node that is no object': [topology([7]), 'node 0 is malformed'],
    'a layer with two inputs': [topology([linear('out', 'input', 'input')]), 'node 0 is malformed: look at "inputs'],
    'a sum of one': [topology([add('out', 'input')]), 'node 0 is malformed: look at "inputs"'],
    'an unusable name': [topology([linear('o/../ut', 'input')]), 'node 0 is malformed: look at "name"'],
    'stride 0': [topology([{ ...out, op: 'conv1d', stride: 0 }]), 'node 0 is malformed: look at "stride"'],
    'a fractional dilation': [topology([{ ...out, op: 'conv1d', dilation: 1.5 }]), 'node 0 is malformed: look at "dilation"'],
    'padding without end': [topology([{ ...out, op: 'conv1d', padding: 1e300 }]), 'node 0 is malformed: look at "padding"'],
    'no groups': [topology([{ ...out, op: 'groupNorm', groups: 0 }]), 'node 0 is malformed: look at "groups"'],
    'a name that is taken': [topology([out, out]), 'the name "out" is taken already'],
    'a node called as the input is': [topology([linear('input', 'input')]), 'the name "input" is taken already'],
    'an output that is not there': [topology([linear('a', 'input')]), 'there is no node "out"'],
    'the input as output': [topology([out], { output: 'input' }), 'there is no node "input"'],
    'an input that is not there': [topology([linear('out', 'ghost')]), 'there is no node "ghost"'],
    'a node that nothing takes': [topology([out, linear('b', 'input')]), 'nothing takes the result of node "b"'],
    'a node that takes itself': [topology([add('out', 'out', 'input')]), 'node "out" takes part in a cycle'],
    'a longer cycle': [topology([linear('out', 'a'), add('a', 'b', 'input'), linear('b', 'a')]), 'in a cycle'],
  };
  test.each(Object.entries(attacks))('%s', async (_, [text, message]) => {
    const fault = await faultOf(Promise.resolve().then(() => parseTopology('t.json', text)));
    expect(fault.message).toContain('t.json: ');
    expect(fault.message).toContain(message);
    expect(fault.message.length).toBeLessThan(300);
  });
});
