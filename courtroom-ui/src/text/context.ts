import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { translator, type Lang, type Texts, type Translate } from './locale';
import az from '../../locales/az.json';

export interface Language { t: Translate; choose: (lang: Lang) => void }

export const LanguageContext = createContext<Language>({ t: translator('az', az as Texts), choose: () => undefined });
export const useText = (): Translate => useContext(LanguageContext).t;
export const useLanguage = (): Language => useContext(LanguageContext);
