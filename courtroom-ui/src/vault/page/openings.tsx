// Openings: ordering one, giving one's half, reading, ending. The order stands whole before the person who gives a half, and whose key the reader's is said by this
// seat's own pin, never by the gateway.
import { useState } from 'preact/hooks';
import { Button } from '../../components/button';
import { Notice } from '../../components/notice';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import { clock, day } from '../../text/time';
import { pinned, isOwn, type Ring } from '../ring';
import type { VaultShell } from '../shell';
import type { Opening } from '../wire';
import { Choice, Field, Form, Submit } from './parts';

const running = ['ordered', 'released', 'opened'];

export function Openings({ shell }: { shell: VaultShell }) {
  const t = useText();
  const [ordering, setOrdering] = useState(false);
  const openings = shell.state?.openings ?? [];
  const judge = shell.state?.me.roles.includes('judge') ?? false;
  return (
    <Panel title={t('vault.openings.title')} count={openings.filter((o) => running.includes(o.state)).length}>
      {openings.length === 0 && <p>{t('vault.openings.none')}</p>}
      <ul class="vault-list">{openings.map((o) => <One key={o.opening} shell={shell} order={o} />)}</ul>
      {ordering && <Order shell={shell} done={() => setOrdering(false)} />}
      {judge && !ordering && <div class="buttons"><Button press={() => setOrdering(true)} act="order.new">{t('vault.order.new')}</Button></div>}
    </Panel>
  );
}

const readerName = (t: ReturnType<typeof useText>, ring: Ring, key: string): string =>
  pinned(ring, key)?.who ?? (isOwn(ring, key) ? t('vault.reader.me') : t('vault.reader.unknown'));

function One({ shell, order }: { shell: VaultShell; order: Opening }) {
  const t = useText();
  const [sure, setSure] = useState(false);
  const lives = running.includes(order.state);
  const mine = isOwn(shell.ring, order.reader.key);
  const ground = shell.state?.grounds.find((g) => g.id === order.ground);
  return (
    <li data-opening={order.opening} data-state={order.state}>
      <div>
        <strong>{order.pseudonym}</strong>{' '}<span class="quiet">{t(`vault.opening.${order.state}`)}</span>
        <dl class="facts-list">
          <div><dt>{t('vault.order.reader')}</dt><dd>{readerName(t, shell.ring, order.reader.key)}</dd></div>
          <div><dt>{t('vault.order.why')}</dt><dd>{order.why}</dd></div>
          <div><dt>{t('vault.order.ground')}</dt><dd>{ground ? `${ground.article}: ${ground.text[t.lang] ?? ''}` : order.ground}</dd></div>
          <div><dt>{t('vault.order.time')}</dt><dd>{day(order.from)} {clock(order.from)} – {day(order.until)} {clock(order.until)}</dd></div>
          <div><dt>{t('vault.order.released')}</dt><dd>{(order.released ?? []).map((r) => t('vault.order.half', { n: r.half })).join(', ') || t('none')}</dd></div>
        </dl>
      </div>
      {lives && !sure && (
        <div class="buttons">
          <Button press={order.state === 'ordered' ? () => setSure(true) : undefined} act="opening.release">{t('vault.release.go')}</Button>
          <Button press={mine && order.state !== 'ordered' ? () => void shell.run(() => shell.read(order)) : undefined} tone="primary" act="opening.read">{t('vault.read.go')}</Button>
          <Button press={mine ? () => void shell.run(() => shell.end(order)) : undefined} act="opening.end">{t('vault.read.end')}</Button>
          <Button press={() => void shell.run(() => shell.stop(order))} tone="danger" act="opening.stop">{t('vault.opening.stop')}</Button>
        </div>
      )}
      {sure && <Release shell={shell} order={order} done={() => setSure(false)} />}
      {shell.fault === 'other_pseudonym' && mine && lives && <Varied go={() => void shell.run(() => shell.read(order, true))} />}
    </li>
  );
}

/** The order was read above; here is the yes, with one's own key or with a sheet of the recovery. */
function Release({ shell, order, done }: { shell: VaultShell; order: Opening; done: () => void }) {
  const t = useText();
  const [paper, setPaper] = useState<string | null>(null);
  const [varied, setVaried] = useState(false);
  const known = pinned(shell.ring, order.reader.key) !== null || isOwn(shell.ring, order.reader.key);
  const go = async (): Promise<void> => {
    if (await shell.run(() => shell.release(order, { ...(paper !== null && { paper }), varied }))) done();
  };
  return (
    <Form go={() => { if (known) void go(); }}>
      <p>{t('vault.release.what', { who: readerName(t, shell.ring, order.reader.key), pseudonym: order.pseudonym })}</p>
      {!known && <Notice tone="incident" urgent>{t('vault.error.not_pinned')}</Notice>}
      {shell.fault === 'other_pseudonym' && <Varied go={() => setVaried(true)} pressed={varied} />}
      {paper !== null && <Field name="paper" kind="text" label={t('vault.paper.typed')} value={paper} set={setPaper} hint={t('vault.paper.how')} />}
      <div class="buttons">
        <Button keep tone="primary" press={known ? () => void go() : undefined} act="release.go">{t('vault.release.yes')}</Button>
        {paper === null && <Button press={() => setPaper('')} act="release.paper">{t('vault.release.paper')}</Button>}
        <Button press={done} act="release.cancel">{t('cancel')}</Button>
      </div>
    </Form>
  );
}

function Varied({ go, pressed }: { go: () => void; pressed?: boolean }) {
  const t = useText();
  return <Notice tone="incident" aside={<Button press={go} act="opening.varied" {...(pressed !== undefined && { pressed })}>{t('vault.varied.go')}</Button>}>{t('vault.varied.what')}</Notice>;
}

function Order({ shell, done }: { shell: VaultShell; done: () => void }) {
  const t = useText();
  const state = shell.state!;
  const persons = state.persons.filter((p) => p.version > 0);
  // Only whose key this seat knows can be a reader: the halves go to that key.
  const readers = state.keys.filter((k) => k.state === 'active' && (pinned(shell.ring, k.key) || isOwn(shell.ring, k.key)));
  const [v, setV] = useState({ kind: 'open', person: persons[0]?.person ?? '', reader: readers[0]?.person ?? '', why: '', ground: state.grounds[0]?.id ?? '', hours: '1', tell: 'no', recovery: '' });
  const set = (name: keyof typeof v) => (value: string) => setV({ ...v, [name]: value });
  const go = async (): Promise<void> => {
    const from = new Date(), until = new Date(from.getTime() + Number(v.hours) * 3_600_000);
    const recovery = v.recovery === '' ? {} : { recovery: v.recovery.split(',').map(Number) };
    if (await shell.run(() => shell.order({ person: v.person, kind: v.kind === 'rotation' ? 'rotation' : 'open', reader: v.reader, why: v.why, ground: v.ground, from: from.toISOString(), until: until.toISOString(), tell_lawyer: v.tell === 'yes', ...recovery }))) done();
  };
  return (
    <Form go={() => void go()}>
      <h3>{t('vault.order.new')}</h3>
      <Choice name="person" label={t('vault.order.person')} value={v.person} set={set('person')} options={persons.map((p) => ({ value: p.person, label: p.pseudonym }))} />
      <Choice name="kind" label={t('vault.order.kind')} value={v.kind} set={set('kind')} options={[{ value: 'open', label: t('vault.order.kind.open') }, { value: 'rotation', label: t('vault.order.kind.rotation') }]} />
      <Choice name="reader" label={t('vault.order.reader')} value={v.reader} set={set('reader')} options={readers.map((k) => ({ value: k.person, label: readerName(t, shell.ring, k.key) }))} />
      <Field name="why" kind="text" label={t('vault.order.why')} value={v.why} set={set('why')} />
      <Choice name="ground" label={t('vault.order.ground')} value={v.ground} set={set('ground')} options={state.grounds.map((g) => ({ value: g.id, label: `${g.article}: ${g.text[t.lang] ?? ''}` }))} />
      <Choice name="hours" label={t('vault.order.hours')} value={v.hours} set={set('hours')} options={['1', '4', '24', '72'].map((h) => ({ value: h, label: t('vault.order.hours.n', { n: h }) }))} />
      <Choice name="tell" label={t('vault.order.tell')} value={v.tell} set={set('tell')} options={[{ value: 'no', label: t('no') }, { value: 'yes', label: t('yes') }]} />
      <Choice name="recovery" label={t('vault.order.recovery')} value={v.recovery} set={set('recovery')}
        options={[{ value: '', label: t('no') }, { value: '1', label: t('vault.order.half', { n: 1 }) }, { value: '2', label: t('vault.order.half', { n: 2 }) }, { value: '1,2', label: t('vault.order.both') }]} />
      <Submit act="order.go">{t('vault.order.go')}</Submit>
      <div class="buttons"><Button press={done} act="order.cancel">{t('cancel')}</Button></div>
    </Form>
  );
}
