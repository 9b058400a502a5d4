import { defineConfig, type Plugin } from 'vite';

// The page that bin/companion carries: the vault and nothing else of the court's. It is built apart from dist/, so that no file of the gateway's pages is in
// the companion, and the list of its files is signed (deploy/sign-release).

/** Of the words, those that this page says: so that a word of a hearing's page does not make another companion of this one. */
const words: Plugin = {
  name: 'vault-words',
  enforce: 'pre',
  transform(source, id) {
    if (!/\/locales\/(az|en|ru)\.json$/.test(id)) return null;
    const kept = Object.entries(JSON.parse(source) as Record<string, unknown>).filter(([key]) => /^(vault|app|error)\.|^(cancel|yes|no|none|act\.unavailable)$/.test(key));
    return { code: JSON.stringify(Object.fromEntries(kept)), map: null };
  },
};

export default defineConfig({
  plugins: [words],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  publicDir: false,
  build: {
    outDir: 'companion/page', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false,
    rolldownOptions: { input: { companion: 'companion.html' } },
  },
});
