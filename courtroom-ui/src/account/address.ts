// Where on the account page one is: the part after #, so that Back and a reload keep the place. Nothing secret is ever left there.
import { useCallback, useEffect, useState } from 'preact/hooks';

export interface Address { parts: readonly string[]; go: (...parts: string[]) => void }

/** Reads #people/p-abc as ['people', 'p-abc']. */
export const partsOf = (hash: string): string[] => hash.replace(/^#/, '').split('/').filter(Boolean).map((p) => { try { return decodeURIComponent(p); } catch { return ''; } });

/** The one-time code of a link such as /#code=K7QM-2XPA-91TB; null where there is none. */
export const claimOf = (hash: string): string | null => new URLSearchParams(hash.replace(/^#/, '')).get('code');

export function useAddress(): Address {
  const [parts, setParts] = useState(() => partsOf(location.hash));
  useEffect(() => {
    const changed = (): void => setParts(partsOf(location.hash));
    window.addEventListener('hashchange', changed);
    return () => window.removeEventListener('hashchange', changed);
  }, []);
  const go = useCallback((...to: string[]) => { location.hash = to.map(encodeURIComponent).join('/'); }, []);
  return { parts, go };
}
