// The vault's page as bin/companion serves it from its own binary. It talks to that program alone.
import { render } from 'preact';
import { Languages, firstLanguage, useChanges } from './app';
import { CompanionGate } from './vault/gate';
import { VaultShell } from './vault/shell';
import { CompanionDoor } from './vault/page/doors';
import { VaultPage } from './vault/page/page';
import './styles/index.css';
import './styles/vault.css';

const first = await firstLanguage();
document.documentElement.lang = first.lang;
// The token leaves the address bar and the history before anything else happens.
const token = new URLSearchParams(location.hash.slice(1)).get('token');
history.replaceState(null, '', location.pathname);

const listeners = new Set<() => void>();
const gate = new CompanionGate();
const shell = new VaultShell(gate, () => listeners.forEach((l) => l()));
const subscribe = (l: () => void): (() => void) => { listeners.add(l); return () => listeners.delete(l); };
const entered = await gate.enter(token).catch(() => false);
if (!entered) shell.fault = 'link_used';

function App() {
  useChanges(subscribe);
  return <VaultPage shell={shell} door={<CompanionDoor shell={shell} gate={gate} />} open={shell.info?.paired === true && shell.state !== null} />;
}
render(<Languages first={first}><App /></Languages>, document.getElementById('app')!);
if (entered) await shell.start();
