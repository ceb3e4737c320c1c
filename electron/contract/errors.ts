import { z } from 'zod';

/** What kind of fault it was. Closed: every fault that reaches a user is one of these. */
export const ErrorCode = z.enum(['usage', 'input', 'model', 'no-room', 'output', 'cancelled', 'internal']);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** A fault as data: `message` says what and which file, `hint` what to do; both are one line. */
export const Fault = z.strictObject({ code: ErrorCode, message: z.string(), hint: z.string() });
export type Fault = z.infer<typeof Fault>;

/** A fault on its way to the user. Everything else that is thrown is a defect of ours. */
export class StemwrightError extends Error {
  override readonly name = 'StemwrightError';
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint = '', options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

export function cancelled(): StemwrightError {
  return new StemwrightError('cancelled', 'cancelled');
}

export function toFault(error: unknown): Fault {
  if (error instanceof StemwrightError) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    message: `internal fault: ${message.replaceAll(/\s+/g, ' ')}`,
    hint: 'Please report this, with the command that led here.',
  };
}

const noRoomCodes = new Set(['ENOSPC', 'EDQUOT', 'ENOMEM']);

/** A file system error met while writing. Other errors pass through unchanged. */
export function fromWriteError(error: unknown, path: string): unknown {
  if (error instanceof StemwrightError || !(error instanceof Error) || !('code' in error)) {
    return error;
  }
  const code = String(error.code);
  if (!/^E[A-Z0-9]+$/.test(code)) {
    return error;
  }
  if (noRoomCodes.has(code)) {
    return new StemwrightError('no-room', `${printable(path)}: no room left`, 'Free some space, or choose another folder with --out.', {
      cause: error,
    });
  }
  return new StemwrightError('output', `${printable(path)}: cannot be written (${code})`, 'Choose a folder you may write to with --out.', {
    cause: error,
  });
}

/** A path or name as it may stand in a one-line message: characters that could break or disguise the line are escaped. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
