// Protected persons: entering one, and shares that must go to a new key.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button';
import { Notice } from '../../components/notice';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import type { Particulars } from '../envelope';
import { mustChoose, type Chosen } from '../holders';
import type { VaultShell } from '../shell';
import type { WirePerson } from '../wire';
import { base64 } from '../bytes';
import { smallPhoto } from '../photo';
import { Holders, noneChosen } from './holders';
import { Measure } from './measure';
import { Field, Form, Submit } from './parts';

const empty: Particulars = { name: '', birth: '', address: '', documents: '', relatives: '', text: '', photo: '' };
const fields = ['name', 'birth', 'address', 'documents', 'relatives', 'text'] as const;

export function Persons({ shell }: { shell: VaultShell }) {
  const t = useText();
  const [entering, setEntering] = useState(false);
  const [sealed, setSealed] = useState<string | null>(null);
  const persons = shell.state?.persons ?? [];
  return (
    <Panel title={t('vault.persons.title')} count={persons.length}>
      {sealed && <Notice tone="ok" glyph="ok">{t('vault.persons.sealed', { pseudonym: sealed })}</Notice>}
      <ul class="vault-list">{persons.map((p) => <Person key={p.person} shell={shell} person={p} />)}</ul>
      {entering
        ? <Enter shell={shell} done={(pseudonym) => { setEntering(false); setSealed(pseudonym); }} />
        : <div class="buttons"><Button tone="primary" press={shell.myKey ? () => { setSealed(null); setEntering(true); } : undefined} keep act="person.new">{t('vault.persons.new')}</Button></div>}
    </Panel>
  );
}

function Person({ shell, person }: { shell: VaultShell; person: WirePerson }) {
  const t = useText();
  const [paper, setPaper] = useState<string | null>(null);
  const [ordering, setOrdering] = useState(false);
  const judge = shell.state?.me.roles.includes('judge') ?? false;
  const due = person.reseal ?? [];
  return (
    <li data-person={person.person} data-version={person.version} data-due={due.length}>
      <span><strong>{person.pseudonym}</strong>{' '}<span class="quiet">{person.state === 'ended' ? t('vault.persons.ended') : person.version === 0 ? t('vault.persons.unsealed') : t('vault.persons.version', { n: person.version })}</span></span>
      {judge && person.state !== 'ended' && !ordering && <Button size="small" press={() => setOrdering(true)} act="measure.new">{t('vault.measure.new')}</Button>}
      {ordering && <Measure shell={shell} person={person.person} done={() => setOrdering(false)} />}
      {due.length > 0 && (
        <div class="form">
          <Notice tone="caution">{t('vault.reseal.due')}</Notice>
          {paper !== null && <Field name="paper" kind="text" label={t('vault.paper.typed')} value={paper} set={setPaper} hint={t('vault.paper.how')} />}
          <div class="buttons">
            <Button press={() => void shell.run(() => shell.reseal(person.person, paper ?? undefined)).then((ok) => { if (ok) setPaper(null); })} act="reseal.go">{t('vault.reseal.go')}</Button>
            {paper === null && <Button press={() => setPaper('')} act="reseal.paper">{t('vault.reseal.paper')}</Button>}
          </div>
        </div>
      )}
    </li>
  );
}

/** What is typed here is sealed on this page and leaves it as ciphertext. It is kept until it was sealed, and nowhere but here. */
function Enter({ shell, done }: { shell: VaultShell; done: (pseudonym: string | null) => void }) {
  const [p, setP] = useState<Particulars>(empty);
  const [chosen, setChosen] = useState<Chosen>(noneChosen);
  const choose = shell.state !== null && mustChoose(shell.state, shell.ring);
  const seal = async (): Promise<void> => {
    let pseudonym = '';
    if (await shell.run(async () => { pseudonym = await shell.protect(p, choose ? chosen : undefined); })) { setP(empty); done(pseudonym); }
  };
  return <ParticularsForm shell={shell} p={p} setP={setP} go={() => void seal()} leave={() => { setP(empty); done(null); }} first={choose && <Holders shell={shell} value={chosen} set={setChosen} />} />;
}

/** The fields of a record, for entering one and for correcting one that lies open. */
export function ParticularsForm({ shell, p, setP, go, leave, first }: { shell: VaultShell; p: Particulars; setP: (p: Particulars) => void; go: () => void; leave: () => void; first?: ComponentChildren }) {
  const t = useText();
  const take = async (file: File | undefined): Promise<void> => {
    if (file) await shell.run(async () => setP({ ...p, photo: base64(await smallPhoto(file)) }));
  };
  return (
    <Form go={go}>
      <p>{t('vault.enter.what')}</p>
      {first}
      {fields.map((f) => <Field key={f} name={f} kind={f === 'name' || f === 'birth' ? 'line' : 'text'} label={t(`vault.field.${f}`)} value={p[f]} set={(v) => setP({ ...p, [f]: v })} />)}
      <label class="button vault-file"><span>{t(p.photo === '' ? 'vault.enter.photo' : 'vault.enter.photo.taken')}</span><input class="visually-hidden" type="file" accept="image/*" name="photo" onChange={(e) => void take(e.currentTarget.files?.[0])} /></label>
      <Submit act="person.seal">{t('vault.enter.seal')}</Submit>
      <div class="buttons"><Button press={leave} act="person.cancel">{t('cancel')}</Button></div>
    </Form>
  );
}
