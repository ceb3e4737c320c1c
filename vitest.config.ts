import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Stated, because an app's Vite root would otherwise be taken and no test found.
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    include: ['electron/**/*.test.ts', 'scripts/**/*.test.ts'],
    environment: 'node',
    restoreMocks: true,
    unstubEnvs: true,
    testTimeout: 20_000,
  },
});
