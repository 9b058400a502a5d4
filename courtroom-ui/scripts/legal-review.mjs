// Writes LEGAL-REVIEW.md: every label of the law that is parda's own proposal and that a lawyer has yet to confirm.
//   npm run legal
import { readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../locales/', import.meta.url);
const page = new URL('../LEGAL-REVIEW.md', import.meta.url);

export function legalReview() {
  const [az, en, ru] = ['az', 'en', 'ru'].map((l) => JSON.parse(readFileSync(new URL(`${l}.json`, folder), 'utf8')));
  const cell = (label) => (typeof label === 'string' ? label : label.text).replaceAll('|', '\\|');
  const legal = Object.keys(az).filter((k) => typeof az[k] === 'object');
  const row = (k) => `| \`${k}\` | ${cell(az[k])} | ${cell(en[k])} | ${cell(ru[k])} |`;
  const table = (keys) => ['| key | az | en | ru |', '|---|---|---|---|', ...keys.map(row), ''].join('\n');
  const proposals = legal.filter((k) => az[k].source === 'proposal');
  const taken = legal.filter((k) => az[k].source !== 'proposal');
  return [
    '# What a lawyer has yet to confirm', '',
    'Made from `locales/` by `npm run legal`; a test holds that it is current. A label is corrected in the locale files, and its',
    '`source` changed from `proposal` to where it was taken from; no code changes. The articles and periods of the law that the',
    'rules use are data in `gateway/hearing` and want the same confirmation.', '',
    `## Proposals (${proposals.length})`, '', table(proposals),
    `## Taken from the list of terms (${taken.length})`, '', table(taken),
  ].join('\n');
}

if (process.argv[1]?.endsWith('legal-review.mjs')) writeFileSync(page, legalReview());
