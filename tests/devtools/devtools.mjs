// Chrome DevTools' heap snapshot worker, in Node. DevTools ships it as TypeScript for browsers, so esbuild makes one
// module of it first, which takes a third of a second.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build } from 'esbuild';

const worker = join(
  dirname(fileURLToPath(import.meta.url)),
  'node_modules/chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker/heap_snapshot_worker.ts',
);

/** DevTools' module `heap_snapshot_worker`. */
export async function heapSnapshotWorker() {
  // DevTools counts on it; Node has it from version 22 on.
  Promise.withResolvers ??= function () {
    const parts = {};
    parts.promise = new this((resolve, reject) => Object.assign(parts, { resolve, reject }));
    return parts;
  };
  const folder = mkdtempSync(join(tmpdir(), 'devtools-'));
  try {
    const outfile = join(folder, 'worker.mjs');
    await build({
      entryPoints: [worker],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node18',
      plugins: [withoutLocales],
      logLevel: 'error',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** DevTools' own build writes `locales.js`; the worker shows no text to anyone. */
const withoutLocales = {
  name: 'without-locales',
  setup(build) {
    build.onResolve({ filter: /\/locales\.js$/ }, () => ({ path: 'locales', namespace: 'without-locales' }));
    build.onLoad({ filter: /.*/, namespace: 'without-locales' }, () => ({
      contents: 'export const LOCALES = ["en-US"], BUNDLED_LOCALES = ["en-US"], DEFAULT_LOCALE = "en-US", ' +
        'REMOTE_FETCH_PATTERN = "", LOCAL_FETCH_PATTERN = "";',
    }));
  },
};
