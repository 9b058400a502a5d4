// Every screen in the states that matter, without a gateway: /examples.html?screen=judge-live&lang=az. For people who
// look, and for the script that runs axe over all of them and takes their pictures. Not part of the built interface.
import { render } from 'preact';
import { Languages } from '../app';
import { Header } from '../screens/header';
import { Measures } from '../screens/measures';
import { SeatScreen } from '../screens/seat';
import type { Media, Snapshot } from '../session';
import { actionsFor } from '../state/actions';
import type { State } from '../signaling/wire';
import type { Page } from '../state/model';
import { formulasOf } from '../state/formulas';
import { loadLang, type Lang } from '../text/locale';
import formulas from '../../../gateway/minutes/formulas.json';
import * as f from './fixtures';
import * as i from './incidents';
import { AccountExample, accountExamples, pressedFirst } from './account';
import { kioskExamples, KioskExample } from './kiosk';
import { pictureOf } from './pictures';
import '../styles/index.css';

const pages: Record<string, () => Partial<Snapshot> & { page: Page }> = {
  'judge-live': () => ({ page: f.pageOf(f.judgeLive) }),
  'judge-paused': () => ({ page: f.pageOf(f.judgePaused) }),
  'judge-lost': () => ({ page: f.pageOf(f.judgeLive, { link: 'lost', linkSince: Date.now() - 7000, waiting: f.unsaved }) }),
  'judge-order': () => ({ page: f.pageOf(f.judgeOrder, { entries: [] }) }),
  'judge-respeak': () => ({ page: f.pageOf(f.judgeRespeak) }),
  'judge-desk': () => ({ page: f.pageOf(i.judgeDesk) }),
  'judge-ruling': () => ({ page: f.pageOf(i.judgeRuling) }),
  'judge-ruled': () => ({ page: f.pageOf(i.judgeRuled) }),
  'judge-dismissed': () => ({ page: f.pageOf(i.judgeDismissed) }),
  'judge-flags': () => ({ page: f.pageOf(i.judgeMany) }),
  'judge-duress': () => ({ page: f.pageOf(i.judgeDuress) }),
  'judge-emergency': () => ({ page: f.pageOf(i.judgeEmergency) }),
  'judge-emergency-lost': () => ({ page: f.pageOf(f.judgeLive, { link: 'lost', linkSince: Date.now() - 7000, waiting: i.keptEmergency }) }),
  'judge-flagform': () => ({ page: i.pressed(i.judgeRuling) }),
  'clerk-desk': () => ({ page: f.pageOf(i.clerkDesk) }),
  'clerk-flagform': () => ({ page: i.pressed(i.clerkDesk, { link: 'lost', linkSince: Date.now() - 7000, waiting: i.keptFlag }) }),
  'lawyer-flagform': () => ({ page: i.pressed(i.lawyerFlags) }),
  'lawyer-flags': () => ({ page: f.pageOf(i.lawyerFlags) }),
  'support-flagform': () => ({ page: i.pressed(i.supportFlags, { link: 'lost', linkSince: Date.now() - 7000, waiting: i.keptFlag }) }),
  'defence-put': () => ({ page: f.pageOf(i.defencePut) }),
  'interpreter-put': () => ({ page: f.pageOf(i.interpreterPut) }),
  'judge-closing': () => ({ page: f.pageOf(f.judgeClosing) }),
  'judge-sealed': () => ({ page: f.pageOf(f.judgeSealed) }),
  'clerk-live': () => ({ page: f.pageOf(f.clerkLive, { waiting: f.unsaved.slice(0, 1), links: { defence: 'https://localhost:8443/h/h1/defence#code=K7QM-2XPA-91TB' } }) }),
  'clerk-writing': () => ({ page: f.pageOf(f.clerkLive, { entries: f.writtenEntries, waiting: f.unsavedMarks }) }),
  'clerk-guard': () => ({ page: f.pageOf(f.clerkLive, { entries: f.writtenEntries }), guard: f.guardWarns }),
  'clerk-many-flags': () => ({ page: f.pageOf(i.clerkMany, { entries: f.manyEntries(1000) }) }),
  'clerk-many': () => ({ page: f.pageOf(f.clerkLive, { entries: f.manyEntries(4000) }) }),
  'defence-live': () => ({ page: f.pageOf(f.defenceLive), sound: { blocked: true, unlock: () => undefined } }),
  'lawyer-closed': () => ({ page: f.pageOf(f.lawyerClosed) }),
  'interpreter-live': () => ({ page: f.pageOf(f.interpreterLive), own: { status: 'sound', start: () => undefined, stop: () => undefined } }),
  'support-live': () => ({ page: f.pageOf(f.supportLive) }),
  'screen-live': () => ({ page: f.pageOf(f.screenLive) }),
  'screen-paused': () => ({ page: f.pageOf(f.screenPaused) }),
  'gallery-live': () => ({ page: f.pageOf(f.galleryLive), sound: { blocked: true, unlock: () => undefined } }),
  'gallery-closed': () => ({ page: f.pageOf(f.galleryClosed) }),
  'plain-seat-taken': () => ({ page: f.pageOf(null), refused: 'seat_taken' }),
  'plain-code-used': () => ({ page: f.pageOf(null), refused: 'code_used' }),
  'plain-connecting': () => ({ page: f.pageOf(null, { link: 'connecting' }) }),
  'plain-seat-lost': () => ({ page: f.pageOf(null, { link: 'seat_lost' }) }),
  'plain-signed-out': () => ({ page: f.pageOf(null), refused: 'signed_out' }),
  'plain-not-invited': () => ({ page: f.pageOf(null), refused: 'not_invited' }),
  'plain-hearing-unknown': () => ({ page: f.pageOf(null), refused: 'hearing_unknown' }),
};

const media: Media = { track: (slot, kind) => (kind === 'video' ? pictureOf(slot) : null), fresh: () => true, drew: () => undefined };

function snapshot(name: string): Snapshot {
  const made = pages[name]!();
  return {
    actions: actionsFor(made.page, () => Promise.resolve({ ok: true }), () => undefined), media, refused: null, stepUp: null, guard: { watched: 0, now: null, watch: () => [] }, formulas: formulasOf(formulas),
    incidents: i.incidentDouble, sound: { blocked: false, unlock: () => undefined }, own: { status: 'off', start: () => undefined, stop: () => undefined }, ...made,
  };
}

/** The draft of an order, as it stands before anything is signed, and with a sworn speaker. */
const drafts: Record<string, State> = { 'judge-measures': f.judgeOrder, 'judge-measures-respeak': f.judgeRespeakDraft };

// Thousands of entries are for a measurement by hand (?screen=clerk-many); to look at each of them for accessibility says nothing that the others do not.
const names = [...Object.keys(pages).filter((n) => !n.startsWith('clerk-many')), ...Object.keys(drafts), ...Object.keys(kioskExamples), ...accountExamples];
const root = document.getElementById('app')!;
const asked = new URLSearchParams(location.search);

/** Draws one example afresh: nothing of the one before is left over, and the page need not be loaded again. */
async function show(screen: string, lang: Lang): Promise<void> {
  const first = await loadLang(lang);
  document.documentElement.lang = first.lang;
  render(null, root);
  if (pages[screen]) render(<Languages first={first}><SeatScreen snap={snapshot(screen)} place={{ hearing: 'h1', seat: 'judge' }} /></Languages>, root);
  else if (drafts[screen]) render(<Languages first={first}><div class="screen console"><Header page={f.pageOf(drafts[screen])} state={drafts[screen]} /><Measures snap={snapshot('judge-order')} state={drafts[screen]} done={() => undefined} /></div></Languages>, root);
  else if (kioskExamples[screen]) render(<Languages first={first}><KioskExample name={screen} /></Languages>, root);
  else if (accountExamples.includes(screen)) await showAccount(screen, first);
  else render(<main><h1>parda</h1><ul>{names.map((n) => <li key={n}><a href={`?screen=${n}`}>{n}</a></li>)}</ul></main>, root);
}

async function showAccount(screen: string, first: Awaited<ReturnType<typeof loadLang>>): Promise<void> {
  render(<Languages first={first}><AccountExample name={screen} /></Languages>, root);
  const settled = (): Promise<void> => new Promise((done) => { setTimeout(done, 30); });
  await settled();
  for (const act of pressedFirst(screen)) { root.querySelector<HTMLElement>(`[data-act="${act}"]`)?.click(); await settled(); }
}

await show(asked.get('screen') ?? '', (asked.get('lang') ?? 'az') as Lang);
Object.assign(window, { __examples: names, __show: show });
