import type { ErrorCode, Fault } from '../contract/errors.ts';

/** `internal` is a defect of ours: not one of the codes that scripts should reckon with. */
export const exitCodes: Record<ErrorCode, number> = {
  usage: 2,
  input: 3,
  model: 4,
  'no-room': 5,
  output: 6,
  cancelled: 130,
  internal: 1,
};

/** One line: what, which file, what to do. */
export function faultLine({ message, hint }: Fault): string {
  const end = message.endsWith('.') ? '' : '.';
  return `stemwright: ${hint === '' ? message : `${message}${end} ${hint}`}\n`;
}
