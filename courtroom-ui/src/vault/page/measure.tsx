// A judge's order on the measure itself: another pseudonym, other holders, the same person in another hearing, the end of the measure.
import { useState } from 'preact/hooks';
import { Button } from '../../components/button';
import { useText } from '../../text/context';
import type { Chosen } from '../holders';
import type { VaultShell } from '../shell';
import { Holders, noneChosen } from './holders';
import { Choice, Field, Form, Submit } from './parts';

const kinds = ['variation', 'holders', 'reuse', 'end'] as const;

export function Measure({ shell, person, done }: { shell: VaultShell; person: string; done: () => void }) {
  const t = useText();
  const grounds = shell.state?.grounds ?? [];
  const [kind, setKind] = useState<string>('variation');
  const [why, setWhy] = useState('');
  const [ground, setGround] = useState(grounds[0]?.id ?? '');
  const [hearing, setHearing] = useState('');
  const [holders, setHolders] = useState<Chosen>(noneChosen);
  const go = async (): Promise<void> => {
    const more = kind === 'variation' ? { pseudonym: true } : kind === 'holders' ? { kind: 'variation' } : kind === 'reuse' ? { hearing: hearing.trim() } : {};
    if (await shell.run(() => shell.measure(person, { kind, why, ground, ...more }, kind === 'holders' ? holders : undefined))) done();
  };
  return (
    <Form go={() => void go()}>
      <Choice name="measure" label={t('vault.measure.kind')} value={kind} set={setKind} options={kinds.map((k) => ({ value: k, label: t(`vault.measure.${k}`) }))} />
      {kind === 'reuse' && <Field name="hearing" label={t('vault.measure.hearing')} value={hearing} set={setHearing} />}
      {kind === 'holders' && <Holders shell={shell} value={holders} set={setHolders} />}
      <Field name="why" kind="text" label={t('vault.order.why')} value={why} set={setWhy} />
      <Choice name="ground" label={t('vault.order.ground')} value={ground} set={setGround} options={grounds.map((g) => ({ value: g.id, label: `${g.article}: ${g.text[t.lang] ?? ''}` }))} />
      <Submit act="measure.go">{t('vault.order.go')}</Submit>
      <div class="buttons"><Button press={done} act="measure.cancel">{t('cancel')}</Button></div>
    </Form>
  );
}
