// The name guard's eye: does a text hold a word of the watch-list, in an Azerbaijani, Russian or English form, with a misspelling, or in the other script? Pure.
//
// It warns a person before she sends; it decides nothing. So it is made to miss little: what it names too often costs a look, what it misses may cost a
// life. It knows no meaning: a name that is also a word (Gül, Səma) warns at the word as well.
import { fold } from '../state/search';

/** One word of the list, ready to be compared. */
interface Watched { shape: string; stem: string }
export interface Guarded { /** As it stands in the text. */ word: string; /** Where it begins in the text, in UTF-16 units. */ at: number }

const cyrillic: Record<string, string> = {
  а: 'a', б: 'b', в: 'v', г: 'g', д: 'd', е: 'e', ё: 'e', ж: 'j', з: 'z', и: 'i', й: 'i', к: 'k', л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u',
  ф: 'f', х: 'h', ц: 's', ч: 'c', ш: 's', щ: 's', ъ: '', ы: 'i', ь: '', э: 'e', ю: 'iu', я: 'ia', ғ: 'g', ҝ: 'g', ә: 'e', ө: 'o', ү: 'u', һ: 'h', ҹ: 'c', ј: 'i', і: 'i', ї: 'i', є: 'e', ґ: 'g',
};

/** The shape of a word: what Məmmədova, Mammadova, Мамедова have in common. Letters that one script writes for several sounds of another (g for h, q, x; j for c;
 * a for ə, e; y for i) become one, doubled letters single. */
export function shapeOf(word: string): string {
  const latin = [...word.toLowerCase().normalize('NFC')].map((c) => cyrillic[c] ?? c).join('');
  return fold(latin).replace(/[^a-z]/g, '')
    .replace(/dj|dzh|zh|ch|j/g, 'c').replace(/sh/g, 's').replace(/kh|gh|ph|th/g, (m) => (m === 'ph' ? 'f' : m === 'th' ? 't' : 'g'))
    .replace(/[qhx]/g, 'g').replace(/w/g, 'v').replace(/e/g, 'a').replace(/y/g, 'i').replace(/(.)\1+/g, '$1');
}

// Endings in the same shape: plural, possessive, case, copula and particles of Azerbaijani, which follow one another; case endings of Russian names; the English 's.
const azerbaijani = /^(?:lar|i?[mn]|u[mn]|s?[iu]|[iu]?[mn][iu]z|n?[iu]n|[in]?a|n[iu]|n?[dt]a|n?[dt]an|i?la|i?lan|[dt][iu]r|gil|l[iu]|s[iu]z|g[iu]|ca|m[iu]|s)*$/;
const russian = /^(?:a|i|u|oi|oiu|ai|am|ami|ag|om|ov|ova|iu|ia|im|imi)?$/;
const mostEnding = 12;

// Words of an address that name nobody: what they stand beside does.
const common = new Set(['kuc', 'kucasi', 'rayon', 'rayonu', 'sagar', 'sagari', 'kand', 'kandi', 'oglu', 'gizi', 'prospekt', 'prospekti', 'dongasi', 'mantagasi', 'strit', 'ulisa', 'raion', 'gorod', 'salo', 'the', 'and', 'for']);

/** How many slips of the hand are forgiven in a name of so many letters. A short name is one slip away from many words, so one that stands without a capital is
 * taken for the name only if two neighbours changed places or a vowel is wrong. */
const misspelt = (length: number): number => (length < 4 ? 0 : length < 9 ? 1 : 2);
const short = 5;

// Words that a court writes every day and that are one slip away from names; they warn only where they are the name itself or a form of it.
const everyday = ['əlavə', 'açın', 'açıq', 'alın', 'alınma', 'maskalı', 'layihə', 'layihəsi', 'aşkar', 'kamera', 'qüvvə', 'məsələn', 'əlin', 'əlini', 'nəzarət', 'vaxt', 'görünən', 'sonra', 'ancaq', 'zaman', 'saat',
  'səhər', 'axşam', 'gecə', 'heç', 'şəhər', 'həmin', 'bütün', 'olan', 'etmək', 'vermək', 'bilmək', 'gəlmək', 'demək', 'çünki', 'qalan', 'salam', 'adam', 'qadın', 'kişi', 'uşaq'].map(shapeOf);

/** Reads a watch-list: a line or a comma for each name, place or relative; each word of it is watched by itself, because a surname alone tells. Words of fewer than
 * three letters are left out: they would warn at everything. */
export function watchList(text: string): { words: readonly Watched[]; tooShort: readonly string[] } {
  const words: Watched[] = [];
  const tooShort: string[] = [];
  for (const word of text.split(/[^\p{L}\p{M}'’ʼ-]+/u).flatMap((w) => w.split(/[-'’ʼ]/)).filter((w) => w !== '')) {
    const shape = shapeOf(word);
    if (common.has(shape)) continue;
    if ([...word].length < 3 || shape.length < 2) { tooShort.push(word); continue; }
    if (!words.some((w) => w.shape === shape)) words.push({ shape, stem: shape.replace(/[aiu]+$/, '') });
  }
  return { words, tooShort };
}

/** The words of the text that may be on the list, in order. The pseudonym in its own forms never is, however near it comes to a name. */
export function guarded(text: string, words: readonly Watched[], pseudonym = ''): Guarded[] {
  if (words.length === 0) return [];
  const own = watchList(pseudonym).words.filter((w) => !words.some((x) => x.shape === w.shape));
  const known = (shape: string): boolean => own.some((w) => shape.startsWith(w.shape) && ending(shape.slice(w.shape.length), azerbaijani));
  const hits: Guarded[] = [];
  // Marks of writing direction and joiners do not hide a word, and neither does a letter at a time: "L e y l a", "L.e.y.l.a".
  const clean = text.replace(/\p{Cf}/gu, ' ');
  for (const m of clean.matchAll(/[\p{L}\p{M}]+(?:['’ʼ-][\p{L}\p{M}]+)*/gu)) {
    const whole = shapeOf(m[0]), capital = /^\p{Lu}/u.test(m[0]);
    const parts = m[0].includes('-') ? m[0].split('-').map(shapeOf) : [];
    if (!known(whole) && [whole, ...parts].some((shape) => words.some((w) => isForm(shape, w, capital)))) hits.push({ word: m[0], at: m.index });
  }
  for (const m of clean.matchAll(/(?<![\p{L}\p{M}])(?:\p{L}[\s.·_-]{1,2}){2,}\p{L}(?![\p{L}\p{M}])/gu)) {
    if (words.some((w) => isForm(shapeOf(m[0]), w, false))) hits.push({ word: m[0], at: m.index });
  }
  return hits.sort((a, b) => a.at - b.at);
}

function isForm(shape: string, { shape: name, stem }: Watched, capital: boolean): boolean {
  // An ending that begins with the name's last letter has lost it to the rule of doubled letters (Aysel-lər).
  if (shape.startsWith(name) && [shape.slice(name.length), shape.slice(name.length - 1)].some((rest) => ending(rest, azerbaijani))) return true;
  if (stem.length >= 3 && shape.startsWith(stem) && ending(shape.slice(stem.length), russian)) return true;
  const most = misspelt(name.length);
  if (most === 0 || (shape[0] !== name[0] && most < 2) || everyday.some((w) => shape.startsWith(w) && ending(shape.slice(w.length), azerbaijani))) return false;
  const near = name.length < short || (name.length === short && !capital) ? slipsLike : (a: string, b: string) => distance(a, b) <= most;
  for (let length = Math.max(2, name.length - most); length <= Math.min(shape.length, name.length + most); length += 1) {
    if (ending(shape.slice(length), azerbaijani) && near(shape.slice(0, length), name)) return true;
  }
  return false;
}

/** Whether two words of one length differ by neighbours that changed places, or by one vowel. */
function slipsLike(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  const other = [...a].flatMap((c, i) => (c === b[i] ? [] : [i]));
  const [i, j] = other;
  if (i === undefined) return true;
  if (other.length === 1) return /[aiou]/.test(a[i]!) && /[aiou]/.test(b[i]!);
  return other.length === 2 && j === i + 1 && a[i] === b[j] && a[j] === b[i];
}

const ending = (rest: string, endings: RegExp): boolean => rest.length <= mostEnding && endings.test(rest);

/** Restricted Damerau-Levenshtein distance: letters missing, added, changed, or two neighbours swapped. */
function distance(a: string, b: string): number {
  let before: number[] = [], last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const now = [i];
    for (let j = 1; j <= b.length; j += 1) {
      let d = Math.min(last[j]! + 1, now[j - 1]! + 1, last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, before[j - 2]! + 1);
      now.push(d);
    }
    [before, last] = [last, now];
  }
  return last[b.length]!;
}
