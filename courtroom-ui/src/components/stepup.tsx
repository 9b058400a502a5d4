// Before an act that loosens, signs or opens: in words what will be confirmed, then the authenticator. The browser's own modal dialog, as in ask.tsx;
// the keys for pause and flag work on behind it.
import { useEffect, useId, useRef } from 'preact/hooks';
import type { StepUp } from '../passkey/stepup';
import { fromBase64 } from '../signing/keys';
import { useText } from '../text/context';
import type { Params, Translate } from '../text/locale';
import { roleName } from '../text/say';
import { Button } from './button';
import { Notice } from './notice';

export function StepUpDialog({ stepUp }: { stepUp: StepUp | null }) {
  return stepUp && <Open key={stepUp.n} stepUp={stepUp} />;
}

function Open({ stepUp }: { stepUp: StepUp }) {
  const t = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => { dialog.current?.showModal(); }, []);
  const { act, busy, failed, again, confirm, cancel } = stepUp;
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} aria-describedby={`${id}-what`} data-step-up={act.name} onClose={cancel}>
      <form method="dialog" onSubmit={(e) => { e.preventDefault(); confirm(); }}>
        <h2 id={id}>{t('stepup.title')}</h2>
        <p class="stepup-act" id={`${id}-what`}>{actText(t, act.name, act.args)}</p>
        <p>{t('stepup.how')}</p>
        {again && !failed && <Notice tone="caution" glyph="waiting">{t('stepup.again')}</Notice>}
        {failed && <Notice tone="caution" urgent>{t.code('error', failed, 'error.unknown')}</Notice>}
        <div class="dialog-buttons">
          <Button keep tone="primary" act="stepup.go" press={busy ? undefined : confirm}>{t(busy ? 'stepup.waiting' : 'stepup.go')}</Button>
          <Button press={cancel} act="stepup.cancel">{t('stepup.cancel')}</Button>
        </div>
        <p class="quiet">{t('stepup.cancel.what')}</p>
      </form>
    </dialog>
  );
}

/** The act in a sentence; one that has none is named by its command, so that nothing is confirmed unseen. */
export function actText(t: Translate, name: string, args: Readonly<Record<string, unknown>>): string {
  // What is passed over by it is part of the act.
  const more = args['without_certificate'] === true && t.has(`stepup.act.${name}.without_certificate`) ? `${name}.without_certificate` : name;
  return t.code('stepup.act', more, 'stepup.act.other', paramsOf(t, name, args));
}

function paramsOf(t: Translate, name: string, args: Readonly<Record<string, unknown>>): Params {
  const out: Record<string, string> = { name };
  if (name === 'order.sign') out['pseudonym'] = pseudonymIn(args['bytes']);
  for (const [key, v] of Object.entries(args)) {
    if (typeof v !== 'string' || v === '') continue;
    if (key === 'kind') out[key] = t.code('session', v, 'event.plain');
    else if (key === 'role') out[key] = roleName(t, v);
    else if (key === 'reason' || key === 'seat' || key === 'who' || key === 'why') out[key] = v;
  }
  return out;
}

/** Whom the order is about, out of the very bytes that are signed; nothing where they cannot be read. */
function pseudonymIn(bytes: unknown): string {
  try {
    const order = JSON.parse(new TextDecoder().decode(fromBase64(String(bytes)))) as { pseudonym?: unknown };
    return typeof order.pseudonym === 'string' ? order.pseudonym : '';
  } catch { return ''; }
}
