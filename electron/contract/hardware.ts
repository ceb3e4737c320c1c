import { z } from 'zod';

const bytes = z.int().nonnegative();
const count = z.int().nonnegative();

/** What does not change while the program runs. Zero or empty: the system does not say. */
export const HardwareProfile = z.strictObject({
  cpu: z.string(),
  /** The instruction set that the engine uses. */
  isa: z.string(),
  physicalCores: count,
  logicalCores: count,
  l1DataBytes: bytes,
  l2Bytes: bytes,
  l3Bytes: bytes,
  /** Of the machine, or what its container allows. */
  memoryBytes: bytes,
  gpus: z.array(z.strictObject({ name: z.string(), computeUnits: z.int().positive().nullable() })),
});
export type HardwareProfile = z.infer<typeof HardwareProfile>;

/** What does. */
export const HardwareState = z.strictObject({
  /** Always nominal on Windows, which does not tell. */
  thermal: z.enum(['nominal', 'fair', 'serious', 'critical']),
  /** How short of memory the system is. */
  pressure: z.enum(['none', 'warning', 'critical']),
  isOnBattery: z.boolean(),
  isLowPower: z.boolean(),
  /** As of the last look; no event tells of it alone. */
  availableBytes: bytes,
  /** Where work of any size may go, and why not to the GPU; empty when it may. */
  backend: z.enum(['cpu', 'gpu']),
  reason: z.string(),
});
export type HardwareState = z.infer<typeof HardwareState>;

/** Kinds of work that could go to either processor. */
const GpuOperation = z.enum(['fft', 'matrix-product', 'convolution', 'sequential', 'filter']);
export type GpuOperation = z.infer<typeof GpuOperation>;

/** From where on a GPU is faster: at least that size, or at least that batch of smaller ones; null: never. */
export const GpuCalibration = z.record(GpuOperation, z.strictObject({ size: z.int().positive().nullable(), batch: z.int().positive().nullable() }));
export type GpuCalibration = z.infer<typeof GpuCalibration>;

/** What graphics processors have computed since the program began, without transfers. */
export const GpuUsage = z.strictObject({ executions: count, seconds: z.number().nonnegative(), lastSeconds: z.number().nonnegative() });
export type GpuUsage = z.infer<typeof GpuUsage>;

const figures = { bytes, peakBytes: bytes };

/** What the engine holds in large pieces, by what they are for. */
export const EngineMemory = z.strictObject({
  ...figures,
  owners: z.array(z.strictObject({ name: z.enum(['weights', 'workspaces', 'sound', 'networks', 'convolution', 'pools', 'caches']), ...figures })),
});
export type EngineMemory = z.infer<typeof EngineMemory>;

export const Hardware = z.strictObject({
  profile: HardwareProfile,
  state: HardwareState,
  memory: EngineMemory,
  /** Of this process, resident. */
  residentBytes: bytes,
  /** Of all cores, what this process has kept busy since the look before; null at the first. */
  cpuShare: z.number().nonnegative().nullable(),
  gpu: GpuUsage,
  /** Of the time since the look before, what was computed on a GPU; null at the first. */
  gpuShare: z.number().nonnegative().nullable(),
  /** What the engine may hold by the user's setting; null: no limit. */
  memoryBudgetBytes: bytes.nullable(),
});
export type Hardware = z.infer<typeof Hardware>;
