import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('renderer'),
  // The page lies below an address that is not known beforehand.
  base: './',
  // The shell puts its own in place of this, in each answer.
  html: { cspNonce: '%CSP_NONCE%' },
  plugins: [react()],
  build: {
    outDir: here('build/renderer'),
    emptyOutDir: true,
    target: 'chrome120',
    // An inlined picture or font would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The page comes from this machine, as one file.
    chunkSizeWarningLimit: 1000,
  },
});
