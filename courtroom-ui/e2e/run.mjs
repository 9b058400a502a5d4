// Runs the browser tests one after the other (they share two cores) and appends "passed failed skipped" to the file that is named.
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const files = readdirSync(import.meta.dirname).filter((f) => f.endsWith('.test.mjs') && (!process.env.ONLY || f.includes(process.env.ONLY))).sort().map((f) => join(import.meta.dirname, f));
let passed = 0, failed = 0, skipped = 0;
const stream = run({ files, concurrency: 1, timeout: 600_000 });
stream.on('test:pass', (e) => { if (e.details?.type === 'suite') return; if (e.skip !== undefined) skipped += 1; else passed += 1; });
stream.on('test:fail', (e) => { if (e.details?.type !== 'suite') failed += 1; });
stream.compose(new spec()).pipe(process.stdout);
stream.on('end', () => {
  console.log(`browser: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (process.argv[2]) appendFileSync(process.argv[2], `${passed} ${failed} ${skipped}\n`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
});
