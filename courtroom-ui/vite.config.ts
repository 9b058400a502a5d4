import { defineConfig } from 'vite';

// Two pages: a seat's page, served by the gateway under /h/, and the kiosk, served by the station at /. Both find
// their assets at /assets/. Nothing is inlined: the content security policy allows no inline script or style.
export default defineConfig({
  // What may be ordered is the gateway's data, read from where it lies (src/state/choices.ts, and the examples).
  server: { fs: { allow: ['.', '../gateway/hearing', '../gateway/minutes'] } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { input: { index: 'index.html', kiosk: 'kiosk.html' } },
  },
});
