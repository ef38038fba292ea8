import vue from '@vitejs/plugin-vue'
import { renameSync, rmSync } from 'node:fs'
import { defineConfig, type Plugin } from 'vite'

// For work on the screens: the server, or console/mock/server.mjs, that answers /api.
const api = process.env.LAIYU_API ?? 'http://127.0.0.1:8080'

// dist holds only what browsers are sent; the list of its parts is for size.mjs.
const listAside: Plugin = {
  name: 'list-aside',
  apply: 'build',
  closeBundle() {
    const at = (path: string): URL => new URL(path, import.meta.url)
    renameSync(at('dist/.vite/manifest.json'), at('.parts.json'))
    rmSync(at('dist/.vite'), { recursive: true })
  },
}

export default defineConfig({
  base: '/console/',
  plugins: [vue(), listAside],
  define: {
    __VUE_OPTIONS_API__: true, // Element Plus has a few components in that style
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
    __INTLIFY_DROP_MESSAGE_COMPILER__: false,
  },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2020',
    manifest: true, // size.mjs reads from it what the first screen loads
    chunkSizeWarningLimit: 400,
    assetsInlineLimit: 0, // the content security policy allows no data: addresses
    modulePreload: { polyfill: false },
    rollupOptions: { output: { experimentalMinChunkSize: 12_000 } }, // fewer, not many tiny files
  },
  server: {
    host: '127.0.0.1',
    port: Number(process.env.LAIYU_CONSOLE_PORT ?? 18130),
    strictPort: true,
    proxy: { '/api': { target: api, ws: true } },
  },
})
