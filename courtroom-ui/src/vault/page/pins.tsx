// The keys of others. A key counts here only after its code was typed in: this page never shows the code of another's key, so that nobody can copy from the
// screen what must come by telephone or in person.
import { useState } from 'preact/hooks';
import { Button } from '../../components/button';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import { isHybrid } from '../key';
import type { VaultShell } from '../shell';
import type { Role } from '../wire';
import { parse } from '../bytes';
import { Choice, Field, Form, Submit } from './parts';

const roles: readonly Role[] = ['judge', 'prosecutor', 'investigator', 'recovery1', 'recovery2'];

export function Pins({ shell }: { shell: VaultShell }) {
  const t = useText();
  const [typed, setTyped] = useState('');
  const [who, setWho] = useState('');
  const [role, setRole] = useState<string>('judge');
  const pin = async (): Promise<void> => {
    if (await shell.run(() => shell.pin(typed, who, role as Role))) { setTyped(''); setWho(''); }
  };
  return (
    <Panel title={t('vault.pins.title')} count={shell.ring.pins.length}>
      <p>{t('vault.pins.what')}</p>
      {shell.ring.pins.length > 0 && (
        <ul class="vault-list">
          {shell.ring.pins.map((p) => (
            <li key={p.key} data-pin={p.role}>
              <span><strong>{p.who}</strong>{' '}<span class="quiet">{t(`vault.role.${p.role}`)}{!isHybrid(p.card) && `, ${t('vault.pins.classic')}`}</span></span>
              <Button size="small" press={() => void shell.run(() => shell.unpin(p.key))} act="pin.remove" label={t('vault.pins.remove.of', { who: p.who })}>{t('vault.pins.remove')}</Button>
            </li>
          ))}
        </ul>
      )}
      <Form go={() => void pin()}>
        <Field name="code" label={t('vault.pins.code')} value={typed} set={setTyped} hint={t('vault.pins.code.how')} />
        <Field name="who" label={t('vault.pins.who')} value={who} set={setWho} />
        <Choice name="role" label={t('vault.pins.role')} value={role} set={setRole} options={roles.map((r) => ({ value: r, label: t(`vault.role.${r}`) }))} />
        <Submit act="pin.add">{t('vault.pins.add')}</Submit>
      </Form>
      {shell.state && shell.state.recovery.state !== 'confirmed' && <Recovery shell={shell} />}
    </Panel>
  );
}

/** The recovery pair's public file, made offline by `companion recovery`, with the two codes of the sheets. */
function Recovery({ shell }: { shell: VaultShell }) {
  const t = useText();
  const [cards, setCards] = useState<unknown[] | null>(shell.state?.recovery.cards ?? null);
  const [first, setFirst] = useState('');
  const [second, setSecond] = useState('');
  const take = async (file: File | undefined): Promise<void> => {
    await shell.run(async () => {
      const read = parse(await (file?.slice(0, 65_536).text() ?? '')) as { cards?: unknown[] };
      setCards(Array.isArray(read.cards) ? read.cards : null);
    });
  };
  return (
    <Form go={() => void shell.run(() => shell.enterRecovery(cards ?? [], [first, second]))}>
      <h3>{t('vault.recovery.title')}</h3>
      <p>{t(shell.state?.recovery.state === 'entered' ? 'vault.recovery.entered' : 'vault.recovery.none')}</p>
      <label class="button vault-file"><span>{t('vault.recovery.file')}</span><input class="visually-hidden" type="file" accept="application/json" name="recovery" onChange={(e) => void take(e.currentTarget.files?.[0])} /></label>
      {cards && <p class="quiet" role="status">{t('vault.recovery.loaded')}</p>}
      <Field name="recovery1" label={t('vault.recovery.code', { n: 1 })} value={first} set={setFirst} />
      <Field name="recovery2" label={t('vault.recovery.code', { n: 2 })} value={second} set={setSecond} />
      <Submit act="recovery.enter">{t('vault.recovery.enter')}</Submit>
    </Form>
  );
}
