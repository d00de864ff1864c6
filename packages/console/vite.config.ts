import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  // Every address in the build is relative, so that the console works behind any path prefix.
  base: './',
  plugins: [react()],
  build: {
    target: 'es2022',
    // The server's policy allows scripts and styles from files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
