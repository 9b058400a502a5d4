// A flag was put to this seat: what the judge allows it to read, and its answer. Of the flag itself it knows nothing else.
import { useState } from 'preact/hooks';
import type { PutToMe, State } from '../signaling/wire';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { Panel } from '../components/panel';
import type { Actions } from '../state/actions';
import { useText } from '../text/context';
import { clock } from '../text/time';

const mostAnswer = 2_000;

export function PutPanel({ state, actions }: { state: State; actions: Actions }) {
  const t = useText();
  const put = state.put ?? [];
  if (put.length === 0) return null;
  const open = put.filter((p) => !p.answered).length;
  return (
    <Panel title={t('put.title')} tone={open > 0 ? 'caution' : 'plain'} count={open} class="panel-put">
      {put.map((p) => <Put key={`${p.flag}${p.at}`} put={p} answer={actions.flagAnswer} />)}
    </Panel>
  );
}

function Put({ put: p, answer }: { put: PutToMe; answer: Actions['flagAnswer'] }) {
  const t = useText();
  const [text, setText] = useState('');
  const [sent, setSent] = useState(false);
  const said = [p.kind && `${t('flags.kind')}: ${t(`flagkind.${p.kind}`)}`, p.source && `${t('flags.source')}: ${p.source}`, p.note].filter(Boolean).join(' · ');
  const length = [...text.trim()].length;
  const ready = answer && length > 0 && length <= mostAnswer;
  return (
    <div class="put" data-put={p.flag} data-form={p.form} data-answered={p.answered}>
      <p><span class="digits quiet">{clock(p.at)}</span> {t(`put.${p.form}`)}</p>
      {(said || p.text) && <p class="put-said wrap">{[said, p.text].filter(Boolean).join(' · ')}</p>}
      {p.answered || sent ? <p role="status"><Glyph name={p.answered ? 'ok' : 'waiting'} />{t(p.answered ? 'put.answered' : 'protocol.saving')}</p> : p.form !== 'orally' && answer && (
        <>
          <label class="field"><span>{t('put.answer')}</span><textarea name="answer" rows={3} value={text} onInput={(e) => setText(e.currentTarget.value)} /></label>
          {length > mostAnswer && <p class="field-error" role="alert">{t('compose.too_long', { n: length, most: mostAnswer })}</p>}
          <div class="buttons"><Button keep size="small" tone="primary" act="flag.answer" press={ready ? () => { setSent(true); void answer(p.flag, text.trim()).then((a) => { if (!a.ok) setSent(false); }); } : undefined}>{t('put.send')}</Button></div>
        </>
      )}
    </div>
  );
}
