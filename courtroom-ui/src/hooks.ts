// What a test in a browser may read of the page: never a way to act. It shows nothing that the page's own developer tools
// would not show to whoever sits before it.
import type { Page } from './state/model';
import type { SlotCount } from './rtc/receive';

export interface TestHooks {
  readonly page: Page;
  /** Newest state of the gateway. */
  readonly state: unknown;
  readonly own: string;
  counts(): Promise<SlotCount[]>;
}

declare global { interface Window { readonly __parda?: TestHooks } }

export function expose(hooks: { page: () => Page; own: () => string; counts: () => Promise<SlotCount[]> }): void {
  const value = Object.freeze({
    get page() { return hooks.page(); },
    get state() { return hooks.page().state; },
    get own() { return hooks.own(); },
    counts: hooks.counts,
  });
  Object.defineProperty(window, '__parda', { value, configurable: true });
}
