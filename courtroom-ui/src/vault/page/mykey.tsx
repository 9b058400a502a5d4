// One's own key: making it, its sheet of paper, its code for the telephone, a new one, and its loss.
import { useState } from 'preact/hooks';
import { Button } from '../../components/button';
import { Notice } from '../../components/notice';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import { passkeysHere } from '../passkey';
import { ownRoles } from '../ring';
import type { VaultShell } from '../shell';
import type { OwnRole } from '../wire';
import { shortestPassphrase } from '../wrap';
import { Choice, CodeOf, Field, Form, Submit } from './parts';

export function MyKey({ shell }: { shell: VaultShell }) {
  const t = useText();
  const mine = shell.myKey;
  const [making, setMaking] = useState<'new' | 'paper' | null>(null);
  if (shell.sheet) return <Panel title={t('vault.key.title')}><Sheet shell={shell} /></Panel>;
  return (
    <Panel title={t('vault.key.title')}>
      {mine && (
        <>
          <p>{t('vault.key.code.what')}</p>
          <p class="lead"><CodeOf card={mine.card} /></p>
          {mine.role ? <p class="quiet" data-own-role={mine.role}>{t('vault.key.role', { role: t(`vault.role.${mine.role}`) })}</p> : <SayRole shell={shell} />}
          <p class="quiet">{t(mine.wrap.kind === 'prf' ? 'vault.key.by_passkey' : 'vault.key.by_passphrase')}</p>
        </>
      )}
      {!mine && <p>{t(shell.state?.key ? 'vault.key.elsewhere' : 'vault.key.none')}</p>}
      {making && <Make shell={shell} from={making} done={() => setMaking(null)} />}
      {!making && (
        <div class="buttons">
          <Button press={() => setMaking('new')} act="key.new" tone={mine ? 'plain' : 'primary'}>{t(mine ? 'vault.key.rotate' : 'vault.key.make')}</Button>
          <Button press={() => setMaking('paper')} act="key.paper">{t('vault.key.from_paper')}</Button>
          <Button press={shell.state?.key ? () => void shell.run(() => shell.lost(shell.state!.key!.key)) : undefined} act="key.lost" tone="danger">{t('vault.key.lost')}</Button>
        </div>
      )}
    </Panel>
  );
}

/** Her own word, never the gateway's: nothing is chosen beforehand. */
function OwnRoleChoice({ value, set }: { value: OwnRole | ''; set: (role: OwnRole | '') => void }) {
  const t = useText();
  return <Choice name="ownrole" label={t('vault.role.own')} value={value} set={(v) => set(v as OwnRole | '')} options={[{ value: '', label: t('vault.choose') }, ...ownRoles.map((r) => ({ value: r, label: t(`vault.role.${r}`) }))]} />;
}

/** For a key that was made before roles were kept; asked once. */
function SayRole({ shell }: { shell: VaultShell }) {
  const t = useText();
  const [role, setRole] = useState<OwnRole | ''>('');
  return (
    <Form go={() => { if (role !== '') void shell.run(() => shell.sayRole(role)); }}>
      <Notice tone="caution">{t('vault.role.own.unsaid')}</Notice>
      <OwnRoleChoice value={role} set={setRole} />
      <Submit act="role.say">{t('vault.role.own.say')}</Submit>
    </Form>
  );
}

/** How the key is kept: under a passkey that gives secrets, else under a passphrase. */
function Make({ shell, from, done }: { shell: VaultShell; from: 'new' | 'paper'; done: () => void }) {
  const t = useText();
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [paper, setPaper] = useState('');
  const [role, setRole] = useState<OwnRole | ''>(shell.myKey?.role ?? '');
  const make = async (by: { passkey: true } | { passphrase: string }): Promise<void> => {
    if (role === '') return;
    const how = { ...by, role };
    if (await shell.run(() => (from === 'new' ? shell.make(how) : shell.restoreFromPaper(paper, how)))) done();
  };
  const ready = role !== '' && passphrase.length >= shortestPassphrase && passphrase === again;
  return (
    <div class="form">
      {from === 'paper' && <Field name="paper" kind="text" label={t('vault.paper.typed')} value={paper} set={setPaper} hint={t('vault.paper.how')} />}
      <OwnRoleChoice value={role} set={setRole} />
      {passkeysHere() && (
        <div class="form">
          <p>{t('vault.make.passkey.what')}</p>
          <div class="buttons"><Button keep tone="primary" press={role !== '' ? () => void make({ passkey: true }) : undefined} act="make.passkey">{t('vault.make.passkey')}</Button></div>
        </div>
      )}
      <Form go={() => { if (ready) void make({ passphrase }); }}>
        <p>{t('vault.make.passphrase.what', { n: shortestPassphrase })}</p>
        <Field kind="secret" name="passphrase" label={t('vault.passphrase')} value={passphrase} set={setPassphrase} />
        <Field kind="secret" name="again" label={t('vault.passphrase.again')} value={again} set={setAgain} />
        <div class="buttons">
          <Button keep press={ready ? () => void make({ passphrase }) : undefined} act="make.passphrase">{t('vault.make.passphrase')}</Button>
          <Button press={done} act="make.cancel">{t('cancel')}</Button>
        </div>
      </Form>
    </div>
  );
}

/** The sheet stands on the page until its last two groups were typed off it: a key without paper is lost with its machine. */
function Sheet({ shell }: { shell: VaultShell }) {
  const t = useText();
  const [typed, setTyped] = useState('');
  return (
    <Form go={() => void shell.run(() => shell.paperWritten(typed))}>
      <div class="vault-sheet" data-sheet>
        <h3>{t('vault.sheet.title')}</h3>
        <p>{t('vault.sheet.what')}</p>
        <ol class="vault-groups">{shell.sheet!.groups.map((g, i) => <li key={i} class="digits">{g}</li>)}</ol>
      </div>
      <div class="buttons"><Button press={() => window.print()} act="sheet.print">{t('vault.sheet.print')}</Button></div>
      <Notice tone="caution">{t('vault.sheet.caution')}</Notice>
      <Field name="last" label={t('vault.sheet.last')} value={typed} set={setTyped} />
      <Submit act="sheet.done">{t('vault.sheet.done')}</Submit>
    </Form>
  );
}
