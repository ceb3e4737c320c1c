import { StemwrightError } from '../../electron/contract/errors.ts';

/**
 * The bytes behind an address of the contract.
 * @param range [start, end) in bytes
 */
export async function readBytes(base: URL, address: string, range?: readonly [number, number], signal?: AbortSignal): Promise<ArrayBuffer> {
  const headers: HeadersInit = range === undefined ? {} : { Range: `bytes=${range[0]}-${range[1] - 1}` };
  const response = await fetch(new URL(address, base), { headers, cache: 'no-store', signal: signal ?? null });
  if (!response.ok) throw new StemwrightError('input', `${address}: cannot be read (${response.status})`);
  return response.arrayBuffer();
}
