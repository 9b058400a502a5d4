// One line that tells everything at a glance: each item has a small name, a word and a shape.
import type { ComponentChildren } from 'preact';
import { Glyph, type GlyphName } from './glyph';

export type StateTone = 'plain' | 'live' | 'recording' | 'masked' | 'incident' | 'ok' | 'caution';
export interface StateItemProps { name: string; tone: StateTone; glyph?: GlyphName; children: ComponentChildren; more?: ComponentChildren; id?: string }

export function StateItem({ name, tone, glyph, children, more, id }: StateItemProps) {
  return (
    <div class={`state-item state-${tone}`} data-state={id}>
      <dt>{name}</dt>
      <dd>{glyph && <Glyph name={glyph} />}<span class="state-word">{children}</span>{more !== undefined && <span class="state-more">{more}</span>}</dd>
    </div>
  );
}

export function StateLine({ children, aside, label }: { children: ComponentChildren; aside?: ComponentChildren; label: string }) {
  return (
    <header class="stateline">
      <h1 class="visually-hidden">{label}</h1>
      <dl>{children}</dl>
      {aside && <div class="stateline-aside">{aside}</div>}
    </header>
  );
}
