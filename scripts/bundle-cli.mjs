// Bundles electron/cli into one file. Its depth below the root equals that of electron/<folder>/<file>.ts,
// so that paths taken from import.meta.url mean the same in both.
import { build } from 'esbuild';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { cliFile, root } from './setup/paths.mjs';

await build({
  entryPoints: [join(root, 'electron', 'cli', 'main.ts')],
  outfile: cliFile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // For CommonJS packages inside the bundle that require Node's own modules.
  banner: {
    js: '#!/usr/bin/env node\nimport * as nodeModule from "node:module";\nconst require = nodeModule.createRequire(import.meta.url);',
  },
  logLevel: 'error',
});
chmodSync(cliFile, 0o755);
