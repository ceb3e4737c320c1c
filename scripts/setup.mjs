// Makes a fresh clone ready: `node scripts/setup.mjs run|check|unit|test|e2e…`.
// Runs before node_modules exists, and before every npm script, so it imports Node's own modules only and is
// silent when there is nothing to do.
import { rmSync } from 'node:fs';
import { say, SetupFault } from './setup/fault.mjs';
import { withLock } from './setup/lock.mjs';
import { lockFile, logFile } from './setup/paths.mjs';
import { endChildren } from './setup/process.mjs';
import { stepsFor } from './setup/steps.mjs';

const known = /** @type {const} */ (['run', 'check', 'unit', 'test', 'e2e']);

/** @param {string[]} words */
function purposesFrom(words) {
  const purposes = known.filter((name) => words.includes(name));
  if (purposes.length === 0 || purposes.length < words.length) {
    throw new SetupFault(`usage: node scripts/setup.mjs ${known.join('|')}…`);
  }
  return purposes;
}

/** @param {string[]} words */
async function setUp(words) {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new SetupFault(`needs Node 20 or newer, this is ${process.version}: see https://nodejs.org`);
  }
  const steps = stepsFor(purposesFrom(words));
  if (steps.every((step) => step.isDone())) return;
  await withLock(
    lockFile,
    async () => {
      rmSync(logFile, { force: true });
      for (const step of steps) {
        if (!step.isDone()) await step.run();
      }
    },
    (pid) => {
      say(`waiting for another set-up (process ${pid})`);
    },
  );
}

for (const [signal, code] of /** @type {const} */ ([['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]])) {
  process.once(signal, () => {
    endChildren();
    process.exit(code);
  });
}

try {
  await setUp(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupFault)) throw error;
  say(error.message);
  process.exitCode = 1;
}
