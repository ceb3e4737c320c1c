import { printable, StemwrightError } from '../contract/errors.ts';
import { loadNative } from '../engine/load.ts';
import { probe, type MediaInfo } from '../media/probe.ts';
import { readModel, type ModelFile, type SingleModel } from '../weights/formats.ts';

const modelNames = /\.(?:safetensors|th|yaml)$/i;

/**
 * What a song or a model file holds, as names and values to show.
 * @throws StemwrightError when it is neither: as a model when its name says so, else as audio
 */
export async function inspectFile(path: string, signal: AbortSignal): Promise<[string, string][]> {
  if (modelNames.test(path)) {
    return describeModel(await readModel(path));
  }
  try {
    return describeMedia(await probe(path, signal));
  } catch (error) {
    const model = error instanceof StemwrightError && error.code === 'input' ? await readModel(path).catch(() => null) : null;
    if (model === null) {
      throw error;
    }
    return describeModel(model);
  }
}

function describeMedia(info: MediaInfo): [string, string][] {
  return [
    ['kind', 'audio'],
    ['container', info.container],
    ['codec', info.codec],
    ['rate', `${info.rate} Hz`],
    ['channels', `${info.channels}${info.layout === '' ? '' : ` (${printable(info.layout)})`}`],
    ['length', info.claimedSeconds === null ? 'not stated' : `${info.claimedSeconds.toFixed(3)} s`],
    ['streams', `${info.audioStreams} with sound; number ${info.stream} is used`],
    ['cover', info.cover?.codec ?? 'none'],
    ...Object.entries(info.tags).map(([name, value]): [string, string] => [printable(name), printable(value)]),
  ];
}

function describeModel(file: ModelFile): [string, string][] {
  if (file.format === 'bag') {
    const members = file.members.flatMap(({ model, weights }): [string, string][] => [
      ['member', `${printable(model.path)}, weights ${weights.join(', ')}`],
      ...describeNetwork(model),
    ]);
    return [['kind', `model (bag of ${file.members.length})`], ...members];
  }
  return [['kind', `model (${file.format})`], ...describeNetwork(file)];
}

function describeNetwork({ config, tensors, modes, sha256 }: SingleModel): [string, string][] {
  const values = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  return [
    ['stems', config.sources.join(', ')],
    ['modes', modes.join(', ')],
    ['rate', `${config.sampleRate} Hz`],
    ['channels', String(config.audioChannels)],
    ['segment', `${(config.segment[0] / config.segment[1]).toFixed(2)} s`],
    ['parameters', String(values)],
    ['precision', [...new Set(tensors.map(({ dtype }) => dtype))].join(', ')],
    ['sha256', sha256],
  ];
}

/** The instruction set, which is chosen once, when the engine is loaded. */
export function describeEngine(): [string, string][] {
  const { isa, availableIsas, bf16, hardwareThreads } = loadNative().info();
  return [
    ['engine', `${isa} (of ${availableIsas.join(', ')}), ${hardwareThreads} threads`],
    ['bf16', bf16 === '' ? 'not on this processor' : bf16],
  ];
}
