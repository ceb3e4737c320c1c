import { requests, type Answer, type Args, type Channel, type Result } from '../../electron/contract/channels.ts';
import { StemwrightError, type Fault } from '../../electron/contract/errors.ts';

export function thrown({ code, message, hint }: Fault): StemwrightError {
  return new StemwrightError(code, message, hint);
}

/** @throws where the page itself asks for something that is not in the contract */
export function parseArgs<C extends Channel>(channel: C, args: Args<C>): unknown {
  return requests[channel].args.parse(args);
}

/** @throws StemwrightError that the answer holds, or 'internal' for one that is not in the contract */
export function resultOf<C extends Channel>(channel: C, answer: Answer<unknown>): Result<C> {
  if (!answer.ok) throw thrown(answer);
  const value = requests[channel].result.safeParse(answer.value);
  if (!value.success) throw new StemwrightError('internal', `${channel}: an answer that makes no sense`, 'Please report this.');
  // It was parsed with this channel's own schema.
  return value.data as Result<C>;
}
