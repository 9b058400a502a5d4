// The one button. It is drawn as unavailable, in its place, when `press` is undefined and `keep` is set; without `keep`
// it is not drawn at all. aria-disabled instead of disabled keeps it in the tab order, so that a keyboard user learns
// that the act exists and why it does nothing now.
import type { ComponentChildren } from 'preact';
import { useText } from '../text/context';
import { Glyph, type GlyphName } from './glyph';
import { KeyHint } from './keyhint';

export type Tone = 'plain' | 'primary' | 'pause' | 'flag' | 'danger' | 'quiet';

export interface ButtonProps {
  press: (() => unknown) | undefined;
  children: ComponentChildren;
  keep?: boolean;
  tone?: Tone;
  size?: 'small' | 'normal' | 'large' | 'hand';
  keyName?: string;
  /** A key that is not drawn on the button. */
  shortcut?: string;
  glyph?: GlyphName;
  /** Name of the command, for scripts and tests. */
  act?: string;
  pressed?: boolean;
  label?: string;
  title?: string;
}

export function Button({ press, children, keep, tone = 'plain', size = 'normal', keyName, shortcut, glyph, act, pressed, label }: ButtonProps) {
  const t = useText();
  if (!press && !keep) return null;
  return (
    <button
      type="button" class={`button button-${tone} button-${size}`} data-act={act}
      aria-disabled={press ? undefined : 'true'} aria-pressed={pressed} aria-label={label} aria-keyshortcuts={keyName ?? shortcut}
      onClick={() => { press?.(); }}
    >
      {glyph && <Glyph name={glyph} />}
      <span class="button-text">{children}{!press && <span class="visually-hidden"> ({t('act.unavailable')})</span>}</span>
      {keyName && <KeyHint name={keyName} />}
    </button>
  );
}
