// The page of a person's account, at /: signing in, one's own keys, the hearings one is invited to, and what an administrator, a clerk, a judge or an auditor
// does for a court. A hearing itself is held on its seat's page (seat.tsx).
import { render } from 'preact';
import { Languages, firstLanguage, useChanges } from './app';
import { AccountPage } from './account/page';
import { Shell } from './account/shell';
import { claimOf, useAddress } from './account/address';
import './styles/index.css';

const root = document.getElementById('app')!;
const first = await firstLanguage();
document.documentElement.lang = first.lang;

const claim = claimOf(location.hash);
// The code leaves the address bar and the history before anything else happens.
if (claim !== null) history.replaceState(null, '', location.pathname);

// A link that is opened where this page is already: the browser changes the address and loads nothing.
window.addEventListener('hashchange', () => { if (claimOf(location.hash) !== null) location.reload(); });

const listeners = new Set<() => void>();
const shell = new Shell({ claim, onChange: () => listeners.forEach((l) => l()) });
const subscribe = (l: () => void): (() => void) => { listeners.add(l); return () => listeners.delete(l); };
const App = () => {
  useChanges(subscribe);
  return <AccountPage shell={shell} address={useAddress()} />;
};
render(<Languages first={first}><App /></Languages>, root);
void shell.start();
