// Every word of the interface comes from locales/. az.json is the source of the keys: a key that it does not have does
// not compile, and a test fails when en or ru has more or fewer. Texts are never upper-cased here: `i` is not `I` in
// Azerbaijani.
import az from '../../locales/az.json';

export type Lang = 'az' | 'en' | 'ru';
export const langs: readonly Lang[] = ['az', 'en', 'ru'];
/** What each language calls itself; the same in every locale, so not in the files. */
export const langNames: Record<Lang, string> = { az: 'Azərbaycanca', en: 'English', ru: 'Русский' };

export type Key = keyof typeof az;
/** A plain text, or a label of the law with where it was taken from: "terms" (TERMS.md) or "proposal". */
export type Label = string | { text: string; source: string };
export type Texts = Record<Key, Label>;
export type Params = Readonly<Record<string, string | number>>;

const loaders: Record<Lang, () => Promise<Texts>> = {
  az: () => Promise.resolve(az as Texts),
  en: () => import('../../locales/en.json').then((m) => m.default as Texts),
  ru: () => import('../../locales/ru.json').then((m) => m.default as Texts),
};

export interface Translate {
  lang: Lang;
  (key: Key, params?: Params): string;
  /** A text whose key is made at run time (a code of the gateway's); the fallback key speaks when there is none. */
  code(prefix: string, code: string, fallback: Key, params?: Params): string;
  has(key: string): key is Key;
}

export async function loadLang(lang: Lang): Promise<Translate> {
  return translator(lang, await loaders[lang]());
}

export function translator(lang: Lang, texts: Texts): Translate {
  const has = (key: string): key is Key => Object.hasOwn(texts, key);
  const t = (key: Key, params: Params = {}): string => fill(plain(texts[key]), params);
  return Object.assign(t, {
    lang, has,
    code: (prefix: string, code: string, fallback: Key, params: Params = {}) => {
      const key = `${prefix}.${code}`;
      return t(has(key) ? key : fallback, { code, ...params });
    },
  });
}

const plain = (label: Label): string => (typeof label === 'string' ? label : label.text);

/**
 * {name} is replaced. A part in [square brackets] is left out whole when a parameter inside it is absent or empty;
 * outside brackets an absent parameter leaves a dash and not a brace.
 */
export function fill(text: string, params: Params): string {
  const known = (name: string): boolean => params[name] !== undefined && params[name] !== '';
  const put = (part: string): string => part.replace(/\{(\w+)\}/g, (_, name: string) => (known(name) ? String(params[name]) : '–'));
  return put(text.replace(/\[([^\]]*)\]/g, (_, part: string) =>
    [...part.matchAll(/\{(\w+)\}/g)].every((m) => known(m[1]!)) ? part : ''));
}

const stored = 'parda.lang';

export function chosenLang(): Lang {
  try {
    const lang = localStorage.getItem(stored);
    if (langs.includes(lang as Lang)) return lang as Lang;
  } catch { /* Storage forbidden: the default. */ }
  return 'az';
}

export function rememberLang(lang: Lang): void {
  try { localStorage.setItem(stored, lang); } catch { /* The choice lasts as long as the page. */ }
}
