// The line that searches the protocol: what is looked for, how many entries hold it, and from one to the next.
import { useEffect, useRef } from 'preact/hooks';
import { useText } from '../text/context';
import { Button } from './button';

export interface SearchProps { query: string; at: number; all: number; change: (query: string) => void; step: (by: 1 | -1) => void; close: () => void }

export function Search({ query, at, all, change, step, close }: SearchProps) {
  const t = useText();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => { input.current?.focus(); }, []);
  const move = all > 0 ? step : undefined;
  return (
    <div class="search" role="search">
      <input
        ref={input} type="search" value={query} aria-label={t('protocol.find')} placeholder={t('protocol.find')} autocomplete="off" data-search="input"
        onInput={(e) => change(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter' && !e.isComposing) { e.preventDefault(); step(e.shiftKey ? -1 : 1); }
          if (e.key === 'Escape') { e.preventDefault(); close(); }
        }}
      />
      <output class="search-count digits" aria-live="polite" data-search="count">{query.trim() === '' ? '' : all === 0 ? t('protocol.found.none') : t('protocol.found', { n: at + 1, all })}</output>
      <Button size="small" glyph="less" keep press={move && (() => move(-1))} label={t('protocol.find.previous')} act="search.previous">{''}</Button>
      <Button size="small" glyph="more" keep press={move && (() => move(1))} label={t('protocol.find.next')} act="search.next">{''}</Button>
      <Button size="small" press={close} act="search.close">{t('close')}</Button>
    </div>
  );
}
