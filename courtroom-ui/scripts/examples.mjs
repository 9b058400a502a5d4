// Saves a picture of every example screen, for people who look. What a machine can check of them is in e2e/screens.test.mjs.
//   npm run examples [-- --only judge] [-- --lang az,en] [-- --out FOLDER]
// Needs Chromium: /usr/bin/chromium, or the path in CHROMIUM.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { large, openExamples, small } from '../e2e/examples.mjs';

const argument = (name) => { const i = process.argv.indexOf(name); return i < 0 ? undefined : process.argv[i + 1]; };
const out = argument('--out') ?? 'e2e/out/examples';
const langs = argument('--lang')?.split(',') ?? ['az', 'en', 'ru'];

await mkdir(out, { recursive: true });
const { page, names, faults, show, close } = await openExamples();
const wanted = names.filter((n) => n.includes(argument('--only') ?? ''));
for (const name of wanted) {
  for (const lang of langs) {
    for (const size of [small, large]) {
      await show(name, lang, size);
      await page.screenshot({ path: join(out, `${name}.${lang}.${size.width}.png`) });
    }
  }
}
await close();
for (const fault of faults) console.error(fault);
console.log(`${wanted.length} screens, ${langs.length} languages: ${out}`);
process.exit(faults.length === 0 && wanted.length > 0 ? 0 : 1);
