/** A model file that cannot be used: `message` says what and which file, `hint` what to do; each is one line. */
export class ModelError extends Error {
  readonly code = 'model';
  readonly path: string;
  readonly hint: string;

  constructor(path: string, what: string, hint: string) {
    super(`${printable(path, 1024)}: ${what}`);
    this.name = 'ModelError';
    this.path = path;
    this.hint = hint;
  }
}

export const DAMAGED = 'the file is damaged or not what its name says; download or copy it again';

/** Text from a file, safe to print on one line: control and bidirectional characters escaped, length bounded. */
export function printable(text: string, limit = 80): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

export function quoted(text: string): string {
  return `"${printable(text)}"`;
}
