// After the hearing: read the protocol, sign the statement, fetch the sealed record.
import { useState } from 'preact/hooks';
import type { Snapshot } from '../session';
import type { State } from '../signaling/wire';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { Notice } from '../components/notice';
import { Panel } from '../components/panel';
import { fromBase64 } from '../signing/keys';
import { signWith } from '../signing/sign';
import { useText } from '../text/context';
import { roleName } from '../text/say';
import { clock, day } from '../text/time';
import { KeyCodeLine } from './order';

export function ClosingPanel({ snap, state, place }: { snap: Snapshot; state: State; place: { hearing: string; seat: string } }) {
  const t = useText();
  const { signing, bundle } = state;
  const mayRead = ['presiding_judge', 'court_clerk', 'prosecutor', 'defence_counsel', 'victims_lawyer'].includes(state.you.role);
  return (
    <Panel title={t(bundle ? 'bundle.title' : 'signing.title')} class="panel-closing">
      {!bundle && <p>{t('signing.what')}</p>}
      {mayRead && <p><a class="link" href={`/api/${place.hearing}/protocol.pdf?seat=${place.seat}`} target="_blank" rel="noreferrer" data-act="protocol.pdf">{t('signing.read')}</a></p>}
      {!bundle && !signing && <p class="quiet"><Glyph name="waiting" />{t('signing.waits')}</p>}
      {signing && <ul class="signed">{signing.signed?.map((s) => <li key={s.role}><Glyph name="ok" />{t('signing.signed', { role: roleName(t, s.role), time: `${day(s.at)} ${clock(s.at)}` })}</li>)}</ul>}
      {signing && snap.actions.sign && <SignProtocol snap={snap} place={place} statement={signing.statement} />}
      {bundle && <>
        <a class="button button-primary button-large" href={`/api/${place.hearing}/bundle?seat=${place.seat}`} download={bundle.name} data-act="bundle.get"><span class="button-text">{t('bundle.get')}</span></a>
        <p class="quiet wrap">{t('bundle.what', { name: bundle.name, size: size(bundle.size), sha256: bundle.sha256 })}</p>
      </>}
    </Panel>
  );
}

function SignProtocol({ snap, place, statement }: { snap: Snapshot; place: { hearing: string; seat: string }; statement: string }) {
  const t = useText();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  const press = async (): Promise<void> => {
    setBusy(true);
    const answer = await signWith(place, snap.actions, statement, (signature) => snap.actions.sign!(signature));
    setBusy(false);
    setFailed(answer.ok ? null : answer.code);
  };
  return (
    <div class="sign">
      <h3>{t('signing.statement')}</h3>
      <pre class="statement" tabIndex={0}>{readable(statement)}</pre>
      <KeyCodeLine place={place} />
      {failed && <Notice tone="caution" urgent>{t.code('error', failed, 'error.unknown')}</Notice>}
      <Button keep tone="primary" size="large" glyph="ok" act="protocol.sign" press={busy ? undefined : () => void press()}>{t(busy ? 'order.signing' : 'signing.sign')}</Button>
    </div>
  );
}

/** The statement is text; what is not is not shown as if it were. */
function readable(base64: string): string {
  try { return new TextDecoder('utf-8', { fatal: true }).decode(fromBase64(base64)); } catch { return base64; }
}

function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
