import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface PanelProps { title: string; children: ComponentChildren; tone?: 'plain' | 'incident' | 'caution'; count?: number; grow?: boolean; aside?: ComponentChildren; class?: string }

/** A titled part of a screen: a landmark, so that a screen reader can jump to it. */
export function Panel({ title, children, tone = 'plain', count, grow, aside, class: extra }: PanelProps) {
  const id = useId();
  return (
    <section class={`panel panel-${tone}${grow ? ' panel-grow' : ''}${extra ? ` ${extra}` : ''}`} aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{title}{count !== undefined && count > 0 && <span class="count">{count}</span>}</h2>
        {aside}
      </header>
      <div class="panel-body">{children}</div>
    </section>
  );
}
