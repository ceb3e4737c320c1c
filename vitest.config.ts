import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const needsEngine = '**/*.native.test.ts';

export default defineConfig({
  // Stated, because an app's Vite root would otherwise be taken and no test found.
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    environment: 'node',
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{electron,scripts,renderer}/**/*.test.{ts,tsx}'],
          exclude: [needsEngine],
          testTimeout: 20_000,
          maxWorkers: '100%',
        },
      },
      {
        extends: true,
        test: {
          name: 'native',
          include: [`electron/${needsEngine}`, `scripts/${needsEngine}`],
          testTimeout: 120_000,
          // Each has engines of its own, with as many threads as there are processors.
          maxWorkers: 2,
        },
      },
    ],
  },
});
