import { expect, it } from 'vitest';
import type { AppInfo, ReverbFacts } from '../../store/types.ts';
import { gpuBlocks, gpuObstacle, gpuWords } from './gpu-words.ts';

const card: AppInfo['gpus'][number] = { id: 'vulkan:1', name: 'Fast card', driver: '1', kind: 'discrete', memoryBytes: 8e9, isPreferred: true, verdict: null };
const software = { ...card, id: 'vulkan:2', name: 'Software', isPreferred: false };
const info = (gpus: AppInfo['gpus'], reason = ''): Pick<AppInfo, 'backends' | 'gpus'> => ({ gpus, backends: [{ id: 'gpu', isAvailable: gpus.length > 0, reason }] });
const tail = { mode: 'partitioned', isThreaded: true } as const;
const gpu: NonNullable<ReverbFacts['gpu']> = { device: 'Fast card', fault: '', partitions: 12, seconds: 1.94, warmUpSeconds: 0.012, agreementDb: 131.4 };
const reverb: ReverbFacts = {
  ...{ name: 'Hall', channels: 2, seconds: 2, responseGainDb: 0, dryDb: 0, blockSize: 128 },
  ...{ readSeconds: 0, prepareSeconds: 0, warmUpSeconds: 0, load: 0, gpu },
};

it('says why the GPU cannot have a tail', () => {
  expect(gpuObstacle(tail, info([card]), null)).toBeNull();
  expect(gpuObstacle(tail, info([software]), 'vulkan:2')).toBeNull();
  expect(gpuObstacle(tail, info([software], 'only a software driver is here.'), null)).toBe('No GPU: only a software driver is here.');
  expect(gpuObstacle(tail, info([card]), 'vulkan:9')).toMatch('the one that was chosen');
  expect(gpuObstacle(tail, null, null)).toMatch('No GPU');
  expect(gpuObstacle({ ...tail, mode: 'fft' }, info([card]), null)).toMatch('partitioned');
  expect(gpuObstacle({ ...tail, isThreaded: false }, info([card]), null)).toMatch('workers');
  const refused = { ...card, verdict: { isAccepted: false, agreementDb: 20, gpuSeconds: 1, cpuSeconds: 1 } };
  expect(gpuObstacle(tail, info([refused]), null)).toBe('Fast card has failed its test.');
});

it('says what the GPU has of a tail, and what not', () => {
  expect(gpuWords(null)).toBe('Warming up on the GPU.');
  expect(gpuWords({ ...reverb, gpu: null })).toBe('Warming up on the GPU.');
  expect(gpuWords(reverb)).toBe('Fast card computes 12 partitions, 1.9 s; its warm-up took 12 ms and agrees with the CPU to 131 dB. What comes late is the CPU’s.');
  expect(gpuWords({ ...reverb, gpu: { ...gpu, device: '', fault: 'it went away' } })).toBe('All on the CPU: it went away.');
  expect(gpuWords({ ...reverb, gpu: { ...gpu, fault: 'no room' } })).toMatch(/The rest stays on the CPU: no room\.$/);
});

it('says how it does', () => {
  const place = { strip: 'master', slot: 0 } as const;
  const effect = { place, reductionDb: 0, missedBlocks: 0, gpuBlocks: 7, lateGpuBlocks: 2, isGpuLost: false };
  expect(gpuBlocks(undefined)).toBe('–');
  expect(gpuBlocks(effect)).toBe('7 in time, 2 late');
  expect(gpuBlocks({ ...effect, isGpuLost: true })).toMatch('lost');
});
