import { langNames, langs } from '../text/locale';
import { useLanguage } from '../text/context';

/** One switch for the three languages; each is named in itself. */
export function LanguageSwitch() {
  const { t, choose } = useLanguage();
  return (
    <div class="languages" role="group" aria-label={t('app.language')}>
      {langs.map((lang) => (
        <button key={lang} type="button" lang={lang} aria-pressed={lang === t.lang} title={langNames[lang]} data-lang={lang} onClick={() => choose(lang)}>
          {lang === 'az' ? 'Az' : lang === 'en' ? 'En' : 'Ру'}
        </button>
      ))}
    </div>
  );
}
