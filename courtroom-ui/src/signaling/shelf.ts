// What a page keeps in its browser, one key for each thing that waits: localStorage is one for all tabs of a person, so a list under one key would be the last
// writer's, and what another tab kept would be gone. What is kept, and for how long, is said where it is kept (outbox.ts, account/incidents/filings.ts).

/** localStorage in the page, a map in tests. */
export interface Shelf {
  readonly length: number;
  key(at: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The keys that begin so, in no order. */
export function keysUnder(shelf: Shelf, prefix: string): string[] {
  return Array.from({ length: shelf.length }, (_, i) => shelf.key(i)).filter((k): k is string => k?.startsWith(prefix) === true);
}

/** A shelf that ends with the page, where the browser gives none. */
export function memoryShelf(): Shelf {
  const held = new Map<string, string>();
  return {
    get length() { return held.size; }, key: (at) => [...held.keys()][at] ?? null,
    getItem: (k) => held.get(k) ?? null, setItem: (k, v) => { held.set(k, v); }, removeItem: (k) => { held.delete(k); },
  };
}
