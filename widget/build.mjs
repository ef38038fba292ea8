// Builds widget/dist: w.js, the one request of every page, and the chat window that w.js loads when
// somebody opens it. The window's URL carries its hash and stands inside w.js.
import { build, transform } from 'esbuild';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const BUDGET = 12 * 1024; // of w.js, gzip

// A style sheet is imported as its minified text.
const sheets = {
    name: 'sheets',
    setup(b) {
        b.onLoad({ filter: /\.css$/ }, async ({ path }) => {
            const text = await readFile(path, 'utf8');
            const { code } = await transform(text, { loader: 'css', minify: true, target: 'safari12' });
            return { contents: code.trim(), loader: 'text' };
        });
    },
};

const common = {
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2017',
    charset: 'utf8',
    legalComments: 'none',
    plugins: [sheets],
};

await rm(dist, { recursive: true, force: true });
await mkdir(join(dist, 'w/assets'), { recursive: true });
await build({
    ...common,
    entryPoints: { chat: join(here, 'src/chat/main.ts') },
    entryNames: 'w/assets/[name]-[hash]',
    outdir: dist,
});
const chat = (await readdir(join(dist, 'w/assets'))).find((name) => name.startsWith('chat-'));
await build({
    ...common,
    entryPoints: [join(here, 'src/core.ts')],
    outfile: join(dist, 'w.js'),
    define: { CHAT_URL: JSON.stringify(`/w/assets/${chat}`) },
});

const size = async (path) => gzipSync(await readFile(join(dist, path)), { level: 9 }).length;
const core = await size('w.js');
console.log(`w.js ${core} bytes gzip of ${BUDGET}, ${chat} ${await size(`w/assets/${chat}`)} bytes gzip`);
if (core > BUDGET) {
    console.error(`w.js is ${core - BUDGET} bytes too large`);
    process.exit(1);
}
