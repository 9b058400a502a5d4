// A plain state that stays until it is over, or until the person has read it. Nothing here goes away by itself.
import type { ComponentChildren } from 'preact';
import { Glyph, type GlyphName } from './glyph';

export interface NoticeProps { tone: 'incident' | 'caution' | 'plain' | 'ok'; glyph?: GlyphName; children: ComponentChildren; aside?: ComponentChildren; urgent?: boolean; id?: string }

export function Notice({ tone, glyph = 'warn', children, aside, urgent, id }: NoticeProps) {
  return (
    <div class={`notice notice-${tone}`} role={urgent ? 'alert' : 'status'} data-notice={id}>
      <Glyph name={glyph} />
      <div class="notice-text">{children}</div>
      {aside && <div class="notice-aside">{aside}</div>}
    </div>
  );
}
