// The two signs that every screen of the kiosk has: her silent signal, and the emergency. The signal is a small mark without a word of danger, because somebody may sit beside her: pressed, the
// judge alone is told and nothing on the screen changes; kept pressed for a second, it is an ordinary break as well. The emergency is for everybody to see, and is held
// for a second so that no sleeve raises it.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useText } from '../text/context';
import type { Call } from './state';

export const holdMs = 1000;
const markedMs = 1200;
const clickMs = 400;

/** What a button needs to tell a press from one that is held. Keys work as the pointer does; what presses without either (a switch, a screen reader) has held it. */
export function useHold(ms: number, whole: () => void, began: () => void = () => undefined) {
  const [held, setHeld] = useState(false);
  const hand = useRef(-Infinity); // when a hand was last on it: its own click is no second press
  useEffect(() => {
    if (!held) return;
    const timer = window.setTimeout(() => { setHeld(false); whole(); }, ms);
    return () => window.clearTimeout(timer);
  }, [held]);
  const down = (): void => { hand.current = performance.now(); if (!held) { setHeld(true); began(); } };
  // Also where the hold is over: the click of a mouse that is let go of late belongs to the same press.
  const up = (): void => { hand.current = performance.now(); setHeld(false); };
  return {
    held,
    on: {
      onPointerDown: (e: PointerEvent) => { if (e.button === 0) down(); }, onPointerUp: up, onPointerLeave: up, onPointerCancel: up, onBlur: up, onKeyUp: up,
      onContextMenu: (e: Event) => e.preventDefault(),
      onKeyDown: (e: KeyboardEvent) => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); if (!e.repeat) down(); } },
      onClick: () => { if (performance.now() - hand.current > clickMs) { began(); whole(); } },
    },
  };
}

export interface SignsProps { by: 'witness' | 'officer'; sign: (call: Omit<Call, 'at'>) => void }

export function Signs({ by, sign }: SignsProps) {
  return <div class="kiosk-signs"><Signal sign={sign} /><EmergencyButton by={by} sign={sign} /></div>;
}

/** The mark fills for a moment, as any button does under a finger: that is all that shows. */
export function Signal({ sign }: Pick<SignsProps, 'sign'>) {
  const t = useText();
  const id = useRef('');
  const [marked, setMarked] = useState(false);
  const hold = useHold(holdMs, () => sign({ type: 'signal', id: id.current, pause: true }), () => {
    id.current = crypto.randomUUID();
    sign({ type: 'signal', id: id.current });
    setMarked(true);
  });
  useEffect(() => {
    if (!marked) return;
    const timer = window.setTimeout(() => setMarked(false), markedMs);
    return () => window.clearTimeout(timer);
  }, [marked]);
  return <button type="button" class="kiosk-signal" data-act="signal" data-marked={marked} aria-label={t('kiosk.signal')} {...hold.on}><span aria-hidden="true" /></button>;
}

export function EmergencyButton({ by, sign }: SignsProps) {
  const t = useText();
  const hold = useHold(holdMs, () => sign({ type: 'emergency', id: crypto.randomUUID(), by }));
  return <HoldButton act="emergency" name={t('kiosk.emergency.hold')} hold={hold}>{t('kiosk.emergency')}</HoldButton>;
}

export function HoldButton({ act, name, hold, children }: { act: string; name: string; hold: ReturnType<typeof useHold>; children: ComponentChildren }) {
  return <button type="button" class="kiosk-held" data-act={act} data-held={hold.held} aria-label={name} {...hold.on}>{children}</button>;
}
