/** What a person can act on, in one line. Anything else that is thrown is a bug and keeps its stack. */
export class SetupFault extends Error {}

/** @param {string} text */
export function say(text) {
  process.stderr.write(`stemwright: ${text}\n`);
}
