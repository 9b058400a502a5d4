// The vault's page as the gateway serves it, at /vault: where the companion's pairing code is got, and, where the court has chosen so, the vault itself, with
// what that gives up said on top.
import { render } from 'preact';
import { Languages, firstLanguage, useChanges } from './app';
import { PlainGate } from './vault/gate';
import { VaultShell } from './vault/shell';
import { PlainDoor } from './vault/page/doors';
import { VaultPage } from './vault/page/page';
import './styles/index.css';
import './styles/vault.css';

const first = await firstLanguage();
document.documentElement.lang = first.lang;

const listeners = new Set<() => void>();
const shell = new VaultShell(new PlainGate(), () => listeners.forEach((l) => l()));
const subscribe = (l: () => void): (() => void) => { listeners.add(l); return () => listeners.delete(l); };

function App() {
  useChanges(subscribe);
  return <VaultPage shell={shell} door={<PlainDoor shell={shell} />} open={shell.state?.plain_browser === true} />;
}
render(<Languages first={first}><App /></Languages>, document.getElementById('app')!);
await shell.start();
