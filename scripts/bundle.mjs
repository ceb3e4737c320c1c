// Bundles electron/: the command line, Electron's main process and the preload script, one file each. Their depth below
// the root equals that of electron/<folder>/<file>.ts, so that paths taken from import.meta.url mean the same in both.
import { build } from 'esbuild';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { cliFile, desktopFile, preloadFile, root } from './setup/paths.mjs';

/** For CommonJS packages inside a bundle that require Node's own modules. */
const requireForBundled = 'import * as nodeModule from "node:module";\nconst require = nodeModule.createRequire(import.meta.url);';

/** @satisfies {import('esbuild').BuildOptions} */
const common = { bundle: true, platform: 'node', logLevel: 'error', legalComments: 'none' };

await build({
  ...common,
  entryPoints: [join(root, 'electron', 'cli', 'main.ts')],
  outfile: cliFile,
  target: 'node20',
  format: 'esm',
  banner: { js: `#!/usr/bin/env node\n${requireForBundled}` },
});
chmodSync(cliFile, 0o755);

await build({
  ...common,
  entryPoints: [join(root, 'electron', 'shell', 'desktop', 'main.ts')],
  outfile: desktopFile,
  external: ['electron'],
  target: 'node24',
  format: 'esm',
  banner: { js: requireForBundled },
});

// A sandboxed preload script cannot import, and requires nothing but Electron.
await build({
  ...common,
  entryPoints: [join(root, 'electron', 'shell', 'desktop', 'preload.ts')],
  outfile: preloadFile,
  external: ['electron'],
  platform: 'browser',
  target: 'chrome140',
  format: 'cjs',
});
