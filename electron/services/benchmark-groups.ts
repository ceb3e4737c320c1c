import type { BenchmarkList } from '../contract/benchmark.ts';

interface Group {
  id: string;
  title: string;
  meaning: string;
  /** Which benchmarks belong to it, and what each of them means; the first that matches counts. */
  names: readonly [RegExp, string][];
}

const groups: readonly Group[] = [
  {
    id: 'fft',
    title: 'FFT',
    meaning: 'How long it takes to turn sound into its frequencies, and back. Spectra, reverbs and the network all do.',
    names: [
      [/^FFT batch/, 'Many transforms at once; the time is that of each.'],
      [/^FFT \d+/, 'One transform of so many samples, forward and back.'],
      [/^(?:spectrum|magnitude|fast size)/i, 'One transform of so many samples, with what is read from it.'],
    ],
  },
  {
    id: 'stft',
    title: 'STFT',
    meaning: 'A second of sound as overlapping transforms. More overlap sees time more finely and costs as much more.',
    names: [[/^STFT/, 'One second at 48 kHz, at this overlap.']],
  },
  {
    id: 'convolution',
    title: 'Convolution',
    meaning: 'Reverb. The load is the share of real time that one mono reverb takes; the longest block is what a sound card would wait for.',
    names: [
      [/^convolution direct/, 'Short responses, sample by sample, without latency.'],
      [/^convolution fft/, 'Whole blocks by transforms; the latency is one block.'],
      [/^convolution uniform/, 'Long responses in parts of one length; the latency is one block.'],
      [/^convolution partitioned/, 'Long responses in parts that grow: no latency. What the studio plays with.'],
      [/^convolution/, 'A response over a sound.'],
    ],
  },
  { id: 'filters', title: 'Filters', meaning: 'Equalisers: what one sample costs in one band.', names: [[/^(?:biquad|filter)/i, 'Bands over so many channels.']] },
  {
    id: 'products',
    title: 'Matrix products',
    meaning: 'What networks mostly do. The more of what this processor can multiply at best is reached, the better.',
    names: [
      [/^matrix product/, 'Square matrices of this size, on all threads.'],
      [/^(?:Linear|linear)/, 'A layer of 256 to 256 over so many rows, with the threshold that tuning found.'],
    ],
  },
  {
    id: 'recurrent',
    title: 'LSTM, GRU',
    meaning: 'Networks with a memory, step by step: as a layer that allocates, as a chain with buffers of its own, compiled.',
    names: [[/^(?:LSTM|GRU)/, '256 units: one step in each way and with weights in 16 bits, and a hundred.']],
  },
  {
    id: 'layers',
    title: 'Layers',
    meaning: 'Other parts of networks: convolutions, normalisation, and chains that share their buffers.',
    names: [
      [/^Conv[12]D, (?:one|64) channel/, 'Few channels over 4096 places: as the shape chooses, and over the way of many channels.'],
      [/^Conv1D/, '64 channels over 4096 steps.'],
      [/^GroupNorm/, 'What exactness costs, and what each way gets wrong where the mean is large: plain sums lose the deviation there.'],
      [/^Sequential/, 'How many buffers three layers of one shape need.'],
      [/^compiled|^half|^bf16|^fp16/i, 'A network compiled into one plan, or with weights of half the size.'],
    ],
  },
  {
    id: 'memory',
    title: 'Pool, async',
    meaning: 'What audio threads may use: buffers without a lock, and work that is handed over without waiting.',
    names: [
      [/pool/, 'Taking a buffer and giving it back.'],
      [/async/i, 'Handing work over.'],
    ],
  },
  {
    id: 'htdemucs',
    title: 'HTDemucs',
    meaning: 'The published model of 42 million parameters, one segment of 7.8 s. Weights are made up: the time does not depend on them.',
    names: [
      [/^HTDemucs 42 M by threads/, 'One segment on 1, 2, 4 … threads, below those of the other figures.'],
      [/^HTDemucs/, 'One segment; speed of the arithmetic; memory.'],
    ],
  },
  {
    id: 'gpu',
    title: 'GPU',
    meaning: 'Each op of the GPU by its own clock, on HTDemucs’ shapes, without what handing over costs; and a whole segment with it.',
    names: [
      [/^GPU HTDemucs/, 'One segment of 7.8 s, there and back; the device’s own time; its memory.'],
      [/^GPU (?:matrix|Linear)/, 'Products, and what they reach of the device’s arithmetic.'],
      [/^GPU (?:Conv|transposed)/, 'Convolutions of the network, computed as products.'],
      [/^GPU attention/, 'Eight heads of 64, without a stored score.'],
      [/^GPU (?:Group|Layer)Norm/, 'Statistics and what follows them: memory is the limit.'],
      [/^GPU add/, 'What a sum of two buffers reaches of the device’s memory.'],
      [/^GPU FFT/, 'Complex transforms, alone and in a batch.'],
      [/^GPU (?:inverse )?STFT/, 'One second at 48 kHz, at 75 % overlap.'],
      [/^GPU (?:LSTM|GRU)/, '256 units: one step, and a hundred in one go.'],
      [/^GPU convolution/, 'A long response over a sound, in partitions.'],
      [/^GPU (?:complex|overlap)/, 'What such a convolution does between its transforms, and around them.'],
      [/^GPU/, 'See its name.'],
    ],
  },
  {
    id: 'guide',
    title: 'Modes and segments',
    meaning: 'The house model on the demo song, whose true stems are known: what time-only and longer segments cost and give.',
    names: [
      [/^demo song, (?:time-only, )?segments/, 'Memory measured and foretold, and what can be heard at joins.'],
      [/^demo song/, 'Speed, memory, and how close the stems are to the true ones (SDR).'],
    ],
  },
  {
    id: 'peers',
    title: 'Peers',
    meaning: 'Our time over that of others doing the same, in turn: below 1 we are faster. Takes minutes.',
    names: [[/^peers: /, 'Measured round by round, so that whatever else the machine does meets both.']],
  },
  {
    id: 'limits',
    title: 'Limits of the machine',
    meaning: 'What memory and arithmetic can do at best here: nothing can be faster.',
    names: [[/^(?:copy|FMA|memory bandwidth|peak|limit)/i, 'A limit that other figures are held against.']],
  },
  {
    id: 'checks',
    title: 'Checks',
    meaning: 'What the advisor and comparisons go by.',
    names: [
      [/^noise floor/, 'How much the same work differs from itself: smaller changes mean nothing.'],
      [/one by one/, 'Below 1: transforms in a batch are faster.'],
      [/first block/, 'Near 1: nothing is left to do when the first sound comes.'],
      [/calibration|shouldUse/i, 'What decides between processor and GPU.'],
    ],
  },
];

const rest: Group = { id: 'other', title: 'Other', meaning: 'What belongs to no other group.', names: [[/^/, 'See its name.']] };

/** Every benchmark once, in the groups that the panel shows. @param seconds what each took the last time */
export function groupBenchmarks(names: readonly string[], seconds: (name: string) => number | null = () => null): BenchmarkList {
  const found = names.map((name) => ({ name, ...place(name) }));
  const inGroup = (id: string) => found.filter(({ group }) => group.id === id).map(({ name, meaning }) => ({ name, meaning, seconds: seconds(name) }));
  return {
    groups: [...groups, rest].map(({ id, title, meaning }) => ({ id, title, meaning, benchmarks: inGroup(id) })).filter(({ benchmarks }) => benchmarks.length > 0),
  };
}

function place(name: string): { group: Group; meaning: string } {
  for (const group of groups) {
    const match = group.names.find(([pattern]) => pattern.test(name));
    if (match !== undefined) return { group, meaning: match[1] };
  }
  return { group: rest, meaning: rest.names[0]?.[1] ?? '' };
}
