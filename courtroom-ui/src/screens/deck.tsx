// The bar at the foot of every seat that can act. Pause is its first place and Flag its second, on every seat and in
// every phase: where one is not available it is drawn so, and does not move.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Button } from '../components/button';
import { actOf, keyOf, type Desk, type KeyAct } from '../keys/keyboard';
import type { Actions } from '../state/actions';
import { useText } from '../text/context';

export interface DeckProps { actions: Actions; children?: ComponentChildren; asksPause?: boolean; /** The bench's own flags are its own to see to: it needs no discreet one in reach. */ bench?: boolean }

export function Deck({ actions, children, asksPause, bench }: DeckProps) {
  const t = useText();
  return (
    <footer class="deck">
      <div class="deck-fixed">
        <Button keep press={actions.pause && (() => actions.pause!())} tone="pause" size="large" glyph="paused" keyName={keyOf.pause} act="testimony.pause">{t(asksPause ? 'act.pause.ask' : 'act.pause')}</Button>
        <Button keep press={actions.flag && (() => actions.flag!())} tone="flag" size="large" glyph="flag" keyName={keyOf.flag} act="flag.raise">{t('act.flag')}</Button>
        {actions.flag && !bench && <Button press={() => actions.flag!({ discreet: true })} tone="flag" size="large" glyph="lock" act="flag.discreet" shortcut={keyOf.discreet} label={`${t('act.flag.discreet.short')}. ${t('act.flag.discreet', { key: keyOf.discreet })}`}>{t('act.flag.discreet.short')}</Button>}
      </div>
      <div class="deck-acts">{children}</div>
    </footer>
  );
}

/** Opens the search of the protocol; where it is open already, its line gets the focus. */
export function find(open: (searching: boolean) => void): void {
  const line = document.querySelector<HTMLInputElement>('[data-search="input"]');
  if (line) { line.focus(); line.select(); } else open(true);
}

export function FindButton({ open }: { open: () => void }) {
  const t = useText();
  return <Button size="small" tone="quiet" press={open} keyName={keyOf.find} act="search.open">{t('protocol.find.open')}</Button>;
}

/** The keys of a desk. They work wherever the focus is, but not under an open dialog, except Pause and Flag. */
export function useKeys(desk: Desk, acts: Partial<Record<KeyAct, (() => unknown) | undefined>>): void {
  useEffect(() => {
    const pressed = (e: KeyboardEvent): void => {
      const act = actOf(e, desk);
      if (!act) return;
      e.preventDefault();
      if (act !== 'pause' && act !== 'flag' && act !== 'discreet' && document.querySelector('dialog[open]')) return;
      acts[act]?.();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  });
}
