// Asking anew when the person comes back to the page. Not by a timer: each look at an incident is entered in the audit as hers, and a page that nobody looks at must
// neither look in her name nor keep her session awake. Clocks run by themselves, from the moments that the gateway gave.
import { useEffect } from 'preact/hooks';

export function useReturning(reload: () => Promise<void>): void {
  useEffect(() => {
    const back = (): void => { if (document.visibilityState === 'visible') void reload(); };
    document.addEventListener('visibilitychange', back);
    return () => document.removeEventListener('visibilitychange', back);
  }, [reload]);
}
