// The vault's page, the same under the companion and in the plain browser but for what it says of itself.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { LanguageSwitch } from '../../components/language';
import { Notice } from '../../components/notice';
import { useText } from '../../text/context';
import type { VaultShell } from '../shell';
import { MyKey } from './mykey';
import { Openings } from './openings';
import { errorWords, PassphraseDialog } from './parts';
import { Persons } from './persons';
import { Pins } from './pins';
import { Reading } from './reading';

/** `door` is what stands before the vault: pairing, or what the plain browser gives up. */
export function VaultPage({ shell, door, open }: { shell: VaultShell; door: ComponentChildren; open: boolean }) {
  const t = useText();
  const [asking, setAsking] = useState<{ n: number; done: (p: string | null) => void } | null>(null);
  useEffect(() => { document.title = t('vault.title'); }, [t]);
  useEffect(() => {
    let n = 0;
    shell.askPassphrase = () => new Promise((done) => { n += 1; setAsking({ n, done: (p) => { setAsking(null); done(p); } }); });
    // A record does not stay on a page that nobody looks at.
    const clear = (): void => shell.clear();
    const hidden = (): void => { if (document.visibilityState === 'hidden') shell.clear(); };
    window.addEventListener('blur', clear);
    window.addEventListener('pagehide', clear);
    document.addEventListener('visibilitychange', hidden);
    return () => { window.removeEventListener('blur', clear); window.removeEventListener('pagehide', clear); document.removeEventListener('visibilitychange', hidden); };
  }, [shell]);
  return (
    <div class="screen vault" data-screen="vault" data-kind={shell.gate.kind} data-busy={shell.busy}>
      <header class="vault-head"><h1>{t('vault.title')}</h1><LanguageSwitch /></header>
      <main id="main" class="vault-main">
        {shell.fault && <div data-fault={shell.fault}><Notice tone="incident" urgent>{errorWords(t, shell.fault)}</Notice></div>}
        {door}
        {open && (
          <>
            <MyKey shell={shell} />
            <Pins shell={shell} />
            <Persons shell={shell} />
            <Openings shell={shell} />
          </>
        )}
      </main>
      {asking && <PassphraseDialog key={asking.n} done={asking.done} />}
      {shell.reading && <Reading key={shell.reading.opening} shell={shell} />}
    </div>
  );
}
