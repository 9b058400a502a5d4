import { defineConfig } from 'vite';

// Three pages: a seat's page, served by the gateway under /h/, a person's account, served by it at /, and the kiosk, served by
// the station at /. All find their assets at /assets/. Nothing is inlined: the content security policy allows no inline script or style.
export default defineConfig({
  // What may be ordered is the gateway's data, read from where it lies (src/state/choices.ts, and the examples).
  server: { fs: { allow: ['.', '../gateway/hearing', '../gateway/minutes'] } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { input: { index: 'index.html', account: 'account.html', vault: 'vault.html', kiosk: 'kiosk.html' } },
  },
});
