// Clocks. Each ticks by itself, so that a second that passes redraws one word and not a screen.
import { useEffect, useState } from 'preact/hooks';
import { clock, elapsed } from '../text/time';

export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Time passed since a moment of the gateway's clock. */
export function Timer({ since, offset }: { since: string; offset: number }) {
  return <span class="digits">{elapsed(since, useNow(500) + offset)}</span>;
}

/** The court's time. */
export function Clock({ offset }: { offset: number }) {
  return <span class="digits">{clock(useNow(250) + offset)}</span>;
}

/** Text around a running time, for "lost for {time}". */
export function Running({ since, say }: { since: number; say: (time: string) => string }) {
  return <>{say(elapsed(new Date(since).toISOString(), useNow(500)))}</>;
}
