// What both pages share: the chosen language, and a redraw for each change of what the shell holds.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { LanguageContext } from './text/context';
import { chosenLang, loadLang, rememberLang, type Lang, type Translate } from './text/locale';

export function Languages({ children, first }: { children: ComponentChildren; first: Translate }) {
  const [t, setT] = useState<Translate>(() => first);
  useEffect(() => { document.documentElement.lang = t.lang; }, [t]);
  const value = useMemo(() => ({
    t, choose: (lang: Lang) => { rememberLang(lang); void loadLang(lang).then((next) => setT(() => next)); },
  }), [t]);
  return <LanguageContext.Provider value={value}>{children}</LanguageContext.Provider>;
}

export const firstLanguage = (): Promise<Translate> => loadLang(chosenLang());

/** A number that grows whenever `subscribe` calls back: at most one redraw per turn of the event loop. */
export function useChanges(subscribe: (changed: () => void) => () => void): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    let queued = false;
    return subscribe(() => {
      if (queued) return;
      queued = true;
      queueMicrotask(() => { queued = false; setTick((n) => n + 1); });
    });
  }, [subscribe]);
}
