import { z } from 'zod';
import { MonitorChoice } from './monitor.ts';
import { ExportSpec, NamePattern, Title } from './project.ts';
import { AbsolutePath, defaultQueueOptions, QueueOptions } from './queue.ts';
import { ClipMode, Dither, StemFormat } from './separation.ts';

export const Settings = z.strictObject({
  /** Where exports go unless told otherwise; null: asked each time. */
  exportFolder: AbsolutePath.nullable(),
  exportFormat: StemFormat.nullable(),
  clipMode: ClipMode.nullable(),
  exportDither: Dither,
  exportRate: ExportSpec.shape.rate,
  namePattern: NamePattern,
  /** Null: all cores. Taken for songs whose own options leave it open. */
  threads: z.int().min(1).max(1024).nullable(),
  backend: z.enum(['auto', 'cpu', 'gpu']),
  /** Id of a device; null: the one that Auto takes. */
  gpuDevice: z.string().min(1).max(256).nullable(),
  /** Whether Auto takes the GPU while the machine runs on its battery. */
  gpuOnBattery: z.boolean(),
  /** What a separation may take; segments become shorter where it asks for that. Null: the model's own segment length. */
  memoryBudgetBytes: z.int().min(2 ** 28).max(2 ** 44).nullable(),
  /**
   * Gets the models that are installed from now on; null: the data folder. Those installed before stay in the data folder
   * and can be used all the same; those in a folder named here earlier are listed again once it is named again.
   */
  modelsFolder: AbsolutePath.nullable(),
  theme: z.enum(['system', 'dark', 'light']),
  reducedMotion: z.enum(['system', 'on', 'off']),
  /** Whether single letters are shortcuts (WCAG 2.1.4). */
  letterShortcuts: z.boolean(),
  /** What was answered to the offer of better models. */
  modelOffer: z.enum(['open', 'accepted', 'declined']),
  /** What a new song is separated with: those used last. */
  lastOptions: QueueOptions,
  /** What the monitor is opened with; `hasHeadphones`: what this device plays does not get into its input. */
  sound: MonitorChoice.extend({ hasHeadphones: z.boolean() }),
});
export type Settings = z.infer<typeof Settings>;

export const defaultSettings: Settings = {
  exportFolder: null,
  exportFormat: null,
  clipMode: null,
  exportDither: 'triangular',
  exportRate: 'source',
  namePattern: '{stem}',
  threads: null,
  ...{ backend: 'auto', gpuDevice: null, gpuOnBattery: true, memoryBudgetBytes: null, modelsFolder: null },
  theme: 'system',
  reducedMotion: 'system',
  letterShortcuts: true,
  modelOffer: 'open',
  lastOptions: defaultQueueOptions,
  sound: { device: null, rate: null, blockFrames: null, inputs: 0, hasHeadphones: false },
};

/** Named choices. The name is the key; saving under a name again replaces it. */
export const Preset = z.strictObject({
  name: Title,
  options: QueueOptions,
  format: StemFormat.nullable(),
  folder: AbsolutePath.nullable(),
});
export type Preset = z.infer<typeof Preset>;
