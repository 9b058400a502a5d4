// The judge's console and the clerk's: the same parts, in two proportions. Side judges get the judge's console without
// the acts they do not have.
import { useRef, useState } from 'preact/hooks';
import type { Snapshot } from '../session';
import type { Entry, Interpreted, State } from '../signaling/wire';
import { useAsk } from '../components/ask';
import { EntryList, type EntryActs } from '../components/entrylist';
import { Notice } from '../components/notice';
import { Panel } from '../components/panel';
import type { Actions } from '../state/actions';
import { useText } from '../text/context';
import { ClosingPanel } from './closing';
import { GuardButton } from '../components/guard';
import { Composer } from './composer';
import { callWitness, Conduct } from './conduct';
import { Deck, find, FindButton, useKeys } from './deck';
import { DuressBand, EmergencyBand, EmergencyButton } from './duress';
import { FlagForm, OwnNotes, useFlagForm } from './flagform';
import { FlagsPanel } from './flags';
import { Header } from './header';
import { Notices } from './notices';
import { OrderScreen } from './order';
import { OwnMicrophone } from './own';
import { PendingPanel, RequestsPanel } from './owed';
import { PeoplePanel } from './people';
import { CourtTiles, WitnessTile } from './pictures';
import { ProtectionPanel } from './protection';
import { PutPanel } from './putto';
import { WatchingBand, WitnessFacts } from './watching';

export interface ScreenProps { snap: Snapshot; state: State; place: { hearing: string; seat: string } }

export function Console({ snap, state, place }: ScreenProps) {
  const t = useText();
  const [ask, dialog] = useAsk();
  const [measures, setMeasures] = useState(false);
  const [searching, setSearching] = useState(false);
  const composer = useRef<HTMLElement | null>(null);
  const { actions, page } = snap;
  const form = useFlagForm(page, state);
  useKeys('console', {
    pause: actions.pause && (() => actions.pause!()), flag: actions.flag && (() => actions.flag!()), discreet: actions.flag && (() => actions.flag!({ discreet: true })),
    call: actions.call && (() => void callWitness(t, actions, ask)), compose: () => composer.current?.focus(),
    find: () => find(setSearching),
  });
  const clerk = state.you.role === 'court_clerk';
  const presiding = state.you.role === 'presiding_judge';
  const unsigned = presiding && !state.order && state.hearing.phase !== 'sealed';
  const closed = ['closed', 'signed', 'sealed'].includes(state.hearing.phase);
  return (
    <div class={`screen console${clerk ? ' console-clerk' : ''}${presiding ? ' console-rules' : ''}`} data-screen={clerk ? 'clerk' : 'judge'}>
      <Header page={page} state={state} />
      <WatchingBand state={state} />
      <DuressBand page={page} state={state} actions={actions} ask={ask} />
      <EmergencyBand page={page} state={state} actions={actions} ask={ask} />
      <Notices snap={snap} ask={clerk ? undefined : ask} />
      {measures && !clerk && <div class="notices"><EmergencyButton state={state} actions={actions} /></div>}
      {unsigned || measures ? <OrderScreen snap={snap} state={state} place={place} back={measures ? () => setMeasures(false) : undefined} /> : (
        <main id="main" class="console-grid">
          <div class="column column-pictures" role="region" tabIndex={0} aria-label={t('console.pictures')}>
            <WitnessTile snap={snap} state={state} />
            {!clerk && <EmergencyButton state={state} actions={actions} />}
            <WitnessFacts state={state} />
            <CourtTiles snap={snap} state={state} />
            {!clerk && <OwnMicrophone snap={snap} state={state} row />}
            <p class="quiet">{t('watching.bench_masked')}</p>
          </div>
          <div class={`column column-protocol${closed ? ' column-closed' : ''}`} {...(closed ? { tabIndex: 0 } : {})}>
            {!presiding && !clerk && <Notice tone="plain" glyph="open">{t('console.readonly')}</Notice>}
            {!state.order && <Notice tone="caution" glyph="waiting">{t('order.waiting')}</Notice>}
            {closed && <ClosingPanel snap={snap} state={state} place={place} />}
            <Panel title={t('protocol.title')} grow class="panel-protocol" aside={<>{actions.addEntry && <GuardButton guard={snap.guard} />}<FindButton open={() => find(setSearching)} /></>}>
              <EntryList entries={page.entries} waiting={page.waiting} state={state} linked={page.link === 'open'} acts={entryActs(t, actions, ask, presiding)} dismiss={actions.dismiss} searching={searching} endSearch={() => setSearching(false)} />
            </Panel>
            {actions.addEntry && <Composer state={state} formulas={snap.formulas} add={actions.addEntry} focusRef={composer} />}
          </div>
          <div class="column column-people" role="region" tabIndex={0} aria-label={t('console.people')}>
            {form.of && <FlagForm key={form.of.key} of={form.of} state={state} linked={page.link === 'open'} waiting={page.waiting} actions={actions} incidents={snap.incidents} ask={ask} close={form.close} />}
            <PutPanel state={state} actions={actions} />
            <FlagsPanel state={form.state} actions={actions} ask={ask} incidents={snap.incidents} details={form.open} />
            <PendingPanel state={state} actions={actions} ask={ask} />
            {(state.requests?.length ?? 0) > 0 && <RequestsPanel state={state} actions={actions} />}
            <ProtectionPanel state={state} offset={page.clockOffset} incidents={snap.incidents} ask={ask} />
            <PeoplePanel state={state} actions={actions} links={page.links} ask={ask} />
            {actions.flag && <OwnNotes own={form} />}
          </div>
        </main>
      )}
      <Deck actions={actions} bench={presiding}><Conduct state={state} actions={actions} ask={ask} measures={() => setMeasures(true)} /></Deck>
      {dialog}
    </div>
  );
}

type AskFor = ReturnType<typeof useAsk>[0];

function entryActs(t: ReturnType<typeof useText>, actions: Actions, ask: AskFor, presiding: boolean): EntryActs {
  const { amend, strike, restore } = actions;
  const reason = { name: 'reason', label: t('reason'), kind: 'line', required: true } as const;
  return {
    amend: amend && ((e) => ask({
      title: t('amend.title', { index: e.index }), what: t('amend.what'), go: t('save'),
      fields: [
        { name: 'text', label: t('compose.text'), kind: 'text', required: true, value: e.text ?? '' },
        ...(e.interpreted ? [{ name: 'interpreted', label: t('amend.interpreted'), kind: 'text' as const, value: e.interpreted.text }] : []),
        { name: 'reason', label: t('reason'), kind: 'line' },
      ],
      done: (v) => void amend(e.index, v['text']!, v['reason'], interpretedAs(e, v['interpreted'])),
    })),
    strike: strike && ((e) => ask({ title: t('strike.title', { index: e.index }), what: t('strike.what'), go: t('protocol.strike'), tone: 'danger', fields: [reason], done: (v) => void strike(e.index, v['reason']!) })),
    restore: restore && ((e) => ask({ title: t('restore.title', { index: e.index }), what: t('restore.what'), go: t('protocol.restore'), fields: [reason], done: (v) => void restore(e.index, v['reason']!) })),
    // Only what a person wrote by the composer or the kiosk; a ruling and the witness's own remark are the presiding judge's to strike.
    marks: (e) => e.id.startsWith('e') && (presiding || (e.kind !== 'ruling' && e.kind !== 'remark')),
  };
}

const interpretedAs = (e: Entry, text: string | undefined): Interpreted | undefined => (e.interpreted && text ? { text, lang: e.interpreted.lang } : undefined);
