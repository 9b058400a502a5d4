// The page of a seat: takes the seat with the code of the link, if there is one, and then holds the conversation.
import { render } from 'preact';
import { Languages, firstLanguage, useChanges } from './app';
import { expose } from './hooks';
import { Plain } from './screens/plain';
import { SeatScreen } from './screens/seat';
import { SeatSignIn } from './screens/signin';
import { Session } from './session';
import { codeOf, enter, placeOf, type Entered, type Place } from './signaling/enter';
import { chosenLang } from './text/locale';
import './styles/index.css';

const root = document.getElementById('app')!;
const doorMs = 2_000;
const first = await firstLanguage();
document.documentElement.lang = first.lang;

async function start(): Promise<void> {
  const place = placeOf(location.pathname);
  if (!place) { say('hearing_unknown'); return; }
  const code = codeOf(location.hash);
  // The code leaves the address bar and the history before anything else happens.
  history.replaceState(null, '', location.pathname);
  if (code !== null) {
    say('connecting');
    let entered = await take(place, code);
    // The account's own seat, opened again in a new session: the invitation still counts, and the code was used by the same person.
    if (!entered.ok && entered.code === 'code_used') entered = await take(place, null).then((again) => (again.ok ? again : entered));
    if (!entered.ok && entered.code === 'sign_in_required') { askWho(place, code); return; }
    // A link opened twice in the browser that holds the seat: its cookie still counts, so the conversation decides.
    if (!entered.ok && entered.code !== 'code_used' && entered.code !== 'seat_taken') { say(entered.code, 'ref' in entered ? entered.ref : undefined); return; }
    if (!entered.ok && !(await holdsSeat(place))) { say(entered.code); return; }
  }
  if (code === null) {
    // A new session of the account whose seat this is, or a seat that was opened by its address alone: asked once, and then the conversation decides.
    const why = await whyNot(place);
    const entered = why === 'removed' || why === 'not_invited' ? await take(place, null) : null;
    if (why === 'sign_in_required' || (entered && !entered.ok && entered.code === 'sign_in_required')) { askWho(place, null); return; }
    if (entered && !entered.ok && ofAnAccount.has(entered.code)) { say(entered.code); return; }
  }
  converse(place);
}

// What only a seat of an account is refused with: it says more than that this browser does not hold the seat.
const ofAnAccount: ReadonlySet<string> = new Set(['not_invited', 'invitation_early', 'invitation_over', 'role_missing', 'seat_taken']);

const take = (place: Place, code: string | null): Promise<Entered> => enter(place, code).catch(() => ({ ok: false, code: 'unreachable' }));

/** Nobody is signed in: the code waits in this page's memory until somebody is. */
function askWho(place: Place, code: string | null): void {
  render(<Languages first={first}><SeatSignIn code="sign_in_required" place={place} link={code} /></Languages>, root);
}

/** Asks the door of the conversation, plainly, whether this browser's cookie opens it. */
async function holdsSeat(place: Place): Promise<boolean> {
  const answer = await door(place);
  return answer !== null && answer.status !== 401 && answer.status !== 403 && answer.status !== 409;
}

/** The code of the door's refusal; null where it opens, or where nobody answers. */
async function whyNot(place: Place): Promise<string | null> {
  const body = await (await door(place))?.json().catch(() => null) as { code?: unknown } | null | undefined;
  return typeof body?.code === 'string' ? body.code : null;
}

// A gateway that does not answer at once must not keep the page from conversing: a flag that waits in the outbox is sent by the conversation (I6).
const door = (place: Place): Promise<Response | null> =>
  fetch(`/ws/${place.hearing}?seat=${place.seat}`, { credentials: 'same-origin', signal: AbortSignal.timeout(doorMs) }).catch(() => null);


function say(code: string, reference?: string): void {
  render(<Languages first={first} key={code}><Plain code={code} reference={reference} /></Languages>, root);
}

function converse(place: Place): void {
  const listeners = new Set<() => void>();
  const session = new Session({ place, lang: chosenLang, onChange: () => listeners.forEach((l) => l()) });
  expose({ page: () => session.page, own: () => session.publisher.status, counts: () => session.receiver.counts() });
  const subscribe = (l: () => void): (() => void) => { listeners.add(l); return () => listeners.delete(l); };
  const App = () => {
    useChanges(subscribe);
    return <SeatScreen snap={session.snapshot()} place={place} />;
  };
  render(<Languages first={first}><App /></Languages>, root);
  session.start();
  window.addEventListener('pagehide', () => session.close());
}

// A link that is opened where this page is already: the browser changes the address and loads nothing.
window.addEventListener('hashchange', () => { if (codeOf(location.hash) !== null) location.reload(); });

await start();
