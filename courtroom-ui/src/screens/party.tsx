// Prosecutor, defence counsel, victim's lawyer; and those beside the witness: interpreter, support person, guardian. A
// large picture, the protocol to read, few acts, each always in the same place.
import { useState } from 'preact/hooks';
import type { Snapshot } from '../session';
import type { State } from '../signaling/wire';
import { useAsk } from '../components/ask';
import { Button } from '../components/button';
import { EntryList } from '../components/entrylist';
import { Notice } from '../components/notice';
import { Panel } from '../components/panel';
import { VideoTile } from '../components/videotile';
import { keyOf } from '../keys/keyboard';
import { useText } from '../text/context';
import { ClosingPanel } from './closing';
import type { ScreenProps } from './console';
import { Deck, find, FindButton, useKeys } from './deck';
import { FlagForm, OwnNotes, useFlagForm } from './flagform';
import { FlagsPanel } from './flags';
import { Header } from './header';
import { Notices } from './notices';
import { OwnMicrophone } from './own';
import { RequestsPanel } from './owed';
import { CourtTiles, WitnessTile } from './pictures';
import { PutPanel } from './putto';

const lawyers: readonly string[] = ['prosecutor', 'defence_counsel', 'victims_lawyer'];

export function Party({ snap, state, place }: ScreenProps) {
  const t = useText();
  const [ask, dialog] = useAsk();
  const { actions: a, page } = snap;
  const [searching, setSearching] = useState(false);
  const form = useFlagForm(page, state);
  const lawyer = lawyers.includes(state.you.role);
  const closed = ['closed', 'signed', 'sealed'].includes(state.hearing.phase);
  useKeys('party', {
    pause: a.pause && (() => a.pause!()), flag: a.flag && (() => a.flag!()), discreet: a.flag && (() => a.flag!({ discreet: true })),
    object: a.object && (() => a.object!()), ask: a.askFloor && (() => a.askFloor!()), find: () => find(setSearching),
  });
  const notAdmitted = state.seats?.find((s) => s.id === state.you.seat)?.admitted === false;
  return (
    <div class="screen party" data-screen={lawyer ? 'lawyer' : 'helper'}>
      <Header page={page} state={state} />
      <Notices snap={snap} />
      {notAdmitted && <Notice tone="caution" urgent id="not_admitted"><strong>{t('plain.not_admitted.title')}.</strong> {t('plain.not_admitted.what')}</Notice>}
      <main id="main" class="party-grid">
        <div class="column">
          <WitnessTile snap={snap} state={state} size="full" />
          {lawyer || state.you.role === 'interpreter' ? <CourtTiles snap={snap} state={state} /> : <NearTiles snap={snap} state={state} />}
        </div>
        <div class="column">
          {form.of && <FlagForm key={form.of.key} of={form.of} state={state} linked={page.link === 'open'} waiting={page.waiting} actions={a} incidents={snap.incidents} ask={ask} close={form.close} />}
          <PutPanel state={state} actions={a} />
          {(form.state.flags?.length ?? 0) > 0 && <FlagsPanel state={form.state} actions={a} ask={ask} incidents={snap.incidents} title={t(lawyer ? 'flags.party' : 'flags.mine')} details={form.open} />}
          {closed && lawyer && <ClosingPanel snap={snap} state={state} place={place} />}
          {a.undertake && state.hearing.kind === 'closed' && <Undertaking sign={a.undertake} />}
          {page.entries.length > 0 || lawyer ? (
            <Panel title={t('protocol.title')} grow class="panel-protocol" aside={<FindButton open={() => find(setSearching)} />}>
              <EntryList entries={page.entries} waiting={page.waiting} state={state} linked={page.link === 'open'} dismiss={a.dismiss} searching={searching} endSearch={() => setSearching(false)} />
            </Panel>
          ) : null}
          {lawyer && <RequestsPanel state={state} actions={a} title={t('requests.mine')} />}
          <OwnMicrophone snap={snap} state={state} />
          {a.flag && <OwnNotes own={form} />}
        </div>
      </main>
      <Deck actions={a} asksPause={lawyer}>
        {lawyer && <div class="deck-group">
          <Button size="large" keep press={a.object && (() => a.object!())} keyName={keyOf.object} act="objection.raise">{t('act.object')}</Button>
          <Button size="large" keep press={a.askFloor && (() => a.askFloor!())} keyName={keyOf.ask} act="question.request">{t('act.ask')}</Button>
        </div>}
        {!lawyer && <p class="deck-note quiet">{t('interpreter.stop.what')}</p>}
      </Deck>
      {dialog}
    </div>
  );
}

function NearTiles({ snap, state }: { snap: Snapshot; state: State }) {
  const t = useText();
  return (
    <div class="tiles">
      <VideoTile slot="bench" name={t('tile.bench')} media={snap.media} slots={state.slots} size="small" />
      <VideoTile slot="floor" name={t('tile.floor')} media={snap.media} slots={state.slots} size="small" />
    </div>
  );
}

function Undertaking({ sign }: { sign: (agree: boolean) => unknown }) {
  const t = useText();
  return (
    <Panel title={t('undertaking.title')} tone="caution" class="panel-undertaking">
      <p>{t('undertaking.what')}</p>
      <div class="buttons">
        <Button tone="primary" act="undertaking.sign" press={() => sign(true)}>{t('undertaking.agree')}</Button>
        <Button act="undertaking.refuse" press={() => sign(false)}>{t('undertaking.refuse')}</Button>
      </div>
      <p class="quiet">{t('undertaking.warn')}</p>
    </Panel>
  );
}
