import { StemwrightError } from '../contract/errors.ts';

/** The fault that `reading` ends in, as its one line and its hint; anything else that happens is thrown. */
export async function faultOf(reading: Promise<unknown>): Promise<{ message: string; hint: string }> {
  const outcome = await reading.then(() => new Error('was read without a fault'), (error: unknown) => error);
  if (!(outcome instanceof StemwrightError) || outcome.code !== 'model') {
    throw outcome;
  }
  if (outcome.hint === '' || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(`${outcome.message}${outcome.hint}`)) {
    throw new Error(`is not one line with a hint: ${JSON.stringify(outcome.message)}`);
  }
  return { message: outcome.message, hint: outcome.hint };
}

/** Milliseconds of processor time: unlike the clock it does not count what other programs take. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
