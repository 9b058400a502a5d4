// A seed on paper: 56 characters of Crockford's base32 that somebody can write off and type again, with a check of 20 bits (FORMAT.md, "Paper").
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, refuse, utf8, type Bytes } from './bytes';

const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const seedLetters = 52;
const checkLetters = 4;

/** 14 groups of four. */
export function backup(seed: Uint8Array): string[] {
  if (seed.length !== 32) refuse('unreadable');
  let n = 0n;
  for (const b of seed) n = (n << 8n) | BigInt(b);
  n <<= 4n; // 52 letters hold 260 bits
  let out = '';
  for (let i = seedLetters - 1; i >= 0; i--) out += letters[Number((n >> BigInt(5 * i)) & 31n)]!;
  return (out + check(seed)).match(/.{4}/g)!;
}

/** The seed of a sheet, however it was typed. `paper_letters`: not a letter of the sheet, or too many or few; `paper_check`: a slip somewhere. */
export function restore(typed: string): Bytes {
  // Latin letters only, one by one: toUpperCase would make of a Turkish locale's i something else, and of ß two letters.
  const plain = [...typed.replace(/[\s-]/g, '')].map((c) => (c >= 'a' && c <= 'z' ? String.fromCharCode(c.charCodeAt(0) - 32) : c))
    .map((c) => (c === 'O' ? '0' : c === 'I' || c === 'L' ? '1' : c)).join('');
  if (plain.length !== seedLetters + checkLetters || [...plain].some((c) => !letters.includes(c))) refuse('paper_letters');
  let n = 0n;
  for (const c of plain.slice(0, seedLetters)) n = (n << 5n) | BigInt(letters.indexOf(c));
  if ((n & 15n) !== 0n) refuse('paper_check');
  n >>= 4n;
  const seed = new Uint8Array(32);
  for (let i = 31; i >= 0; i--) { seed[i] = Number(n & 255n); n >>= 8n; }
  if (check(seed) !== plain.slice(seedLetters)) { seed.fill(0); refuse('paper_check'); }
  return seed;
}

function check(seed: Uint8Array): string {
  const d = sha256(concat(utf8('parda-paper-v1'), seed));
  const bits = (d[0]! << 12) | (d[1]! << 4) | (d[2]! >> 4);
  return [15, 10, 5, 0].map((shift) => letters[(bits >> shift) & 31]!).join('');
}
