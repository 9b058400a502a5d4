// A whole page that says one thing, and what to do. No code, no picture, no spinner.
import type { ComponentChildren } from 'preact';
import { Glyph, type GlyphName } from '../components/glyph';
import { LanguageSwitch } from '../components/language';
import { useText } from '../text/context';
import type { Key } from '../text/locale';

/** children: what can be done about it, where there is anything. */
export interface PlainProps { code: string; reference?: string | undefined; children?: ComponentChildren }

const glyphs: Partial<Record<string, GlyphName>> = { connecting: 'waiting', unreachable: 'nolink', seat_taken: 'lock', removed: 'lock', seat_lost: 'lock', not_admitted: 'waiting', sign_in_required: 'key', signed_out: 'key', not_invited: 'lock', invitation_early: 'waiting', invitation_over: 'lock' };

export function Plain({ code, reference, children }: PlainProps) {
  const t = useText();
  const known = t.has(`plain.${code}.title`) ? code : 'other';
  return (
    <div class="screen plain" data-screen="plain" data-refused={code}>
      <main id="main" class="plain-main">
        <Glyph name={glyphs[known] ?? 'warn'} />
        <h1>{t(`plain.${known}.title` as Key)}</h1>
        <p>{t(`plain.${known}.what` as Key)}</p>
        {known === 'other' && <p class="quiet">{t.code('error', code, 'error.unknown')}</p>}
        {children}
        {reference && <p class="quiet">{t('error.ref', { ref: reference })}</p>}
      </main>
      <footer class="plain-foot"><LanguageSwitch /></footer>
    </div>
  );
}
