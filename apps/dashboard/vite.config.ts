import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Writes each file a second and a third time, compressed: the server sends them as they lie. */
const compressed = (): Plugin => ({
  name: 'compressed',
  apply: 'build',
  writeBundle({ dir = '' }) {
    const assets = join(dir, 'assets');
    for (const name of readdirSync(assets).filter((file) => /\.(?:js|css|svg)$/.test(file))) {
      const bytes = readFileSync(join(assets, name));
      writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }));
      writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes));
    }
  },
});

// eslint-disable-next-line no-restricted-syntax -- Vite reads a default export.
export default defineConfig({
  root: at('.'),
  base: '/',
  publicDir: false,
  resolve: { alias: { '@keytrail/contracts': at('../../libs/contracts/index.ts') } },
  // Stands where serve-dashboard.ts puts the nonce of each answer.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: at('../../dist/apps/dashboard'), emptyOutDir: true, target: 'es2023', reportCompressedSize: false,
    // Inlined files would be data: URLs, which the content policy refuses for fonts.
    assetsInlineLimit: 0, modulePreload: { polyfill: false },
    rolldownOptions: {
      // Mantine marks files for frameworks that render on servers; a bundle has no use for the marks.
      onLog: (level, log, tell) => (log.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : tell(level, log)),
    },
  },
  plugins: [compressed()],
  // `npx vite apps/dashboard` beside a running Keytrail.
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
});
