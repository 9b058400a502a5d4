// The account page by what it is at: who it is, a code that is being claimed, or the person's own parts.
import { useEffect } from 'preact/hooks';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { LanguageSwitch } from '../components/language';
import { StepUpDialog } from '../components/stepup';
import { useText } from '../text/context';
import type { Address } from './address';
import { ClaimCode } from './claim';
import { Home } from './home';
import type { Shell } from './shell';
import { SignIn } from './signin';

export function AccountPage({ shell, address }: { shell: Shell; address: Address }) {
  const t = useText();
  useEffect(() => { document.title = t('account.title'); }, [t]);
  return (
    <>
      <Whole shell={shell} address={address} />
      <StepUpDialog stepUp={shell.stepUp} />
    </>
  );
}

function Whole({ shell, address }: { shell: Shell; address: Address }) {
  if (shell.phase === 'loading') return <Door state="loading" />;
  if (shell.phase === 'unreachable') return <Door state="unreachable" retry={() => void shell.start()} />;
  if (shell.claim !== null) return <Entrance><ClaimCode key={shell.claim} shell={shell} code={shell.claim} /></Entrance>;
  if (shell.phase === 'in' && shell.me) return <Home shell={shell} me={shell.me} address={address} />;
  return <Entrance><SignIn shell={shell} /></Entrance>;
}

/** The frame of what is shown to nobody in particular. */
function Entrance({ children }: { children: preact.ComponentChildren }) {
  const t = useText();
  return (
    <div class="screen entrance" data-screen="entrance">
      <header class="entrance-head"><span class="entrance-name"><Glyph name="masked" />{t('app.name')}</span><LanguageSwitch /></header>
      <main id="main" class="entrance-main">{children}</main>
      <footer class="entrance-foot quiet">{t('account.foot')}</footer>
    </div>
  );
}

function Door({ state, retry }: { state: 'loading' | 'unreachable'; retry?: () => void }) {
  const t = useText();
  return (
    <Entrance>
      <div class="entrance-card" role="status">
        <h1>{t(`account.${state}.title`)}</h1>
        <p>{t(`account.${state}.what`)}</p>
        <div class="buttons"><Button size="large" press={retry} act="account.retry">{t('account.retry')}</Button></div>
      </div>
    </Entrance>
  );
}
