// Pictures that say it without words. Each stands beside its words, so it is hidden from screen readers.
const drawn = {
  speak: <><circle cx="34" cy="36" r="18" /><path d="M8 88c2-20 12-28 26-28s24 8 26 28z" /><path class="stroke" d="M64 30c6 5 6 13 0 18M74 22c12 10 12 24 0 34" /></>,
  watch: <><path class="stroke" d="M6 48c20-30 64-30 84 0-20 30-64 30-84 0z" /><circle cx="48" cy="48" r="13" /></>,
  nobody: <><path class="stroke" d="M6 48c20-30 64-30 84 0-20 30-64 30-84 0z" /><circle cx="48" cy="48" r="13" /><path class="stroke thick" d="M14 86 82 10" /></>,
  yes: <path class="stroke thick" d="M16 52 38 74 80 24" />,
  no: <path class="stroke thick" d="M22 22 74 74M74 22 22 74" />,
  break: <><path d="M22 16h18v64H22zM56 16h18v64H56z" /></>,
  afraid: <><circle class="stroke" cx="48" cy="48" r="38" /><circle cx="34" cy="40" r="6" /><circle cx="62" cy="40" r="6" /><path class="stroke" d="M30 72c8-14 28-14 36 0" /></>,
  wait: <><circle class="stroke" cx="48" cy="48" r="38" /><path class="stroke" d="M48 24v26l16 10" /></>,
  live: <><circle cx="48" cy="48" r="16" /><circle class="stroke" cx="48" cy="48" r="34" /></>,
  go: <path d="M28 14 80 48 28 82z" />,
  two: <><circle cx="32" cy="34" r="14" /><circle cx="66" cy="34" r="14" /><path d="M8 82c1-18 10-26 24-26s22 8 24 26zM60 82c0-10-2-17-5-22 3-3 7-4 11-4 14 0 23 8 24 26z" /></>,
  ear: <><path class="stroke" d="M30 40a20 20 0 0 1 40 0c0 18-18 18-18 34a10 10 0 0 1-20 0" /><path class="stroke" d="M41 42a9 9 0 0 1 18 0c0 8-8 8-8 15" /></>,
  ask: <><path class="stroke" d="M12 12h72v52H48L28 82V64H12z" /><path class="stroke" d="M39 31c0-12 19-11 18 1-1 7-9 6-9 12" /><circle cx="48" cy="54" r="4.5" /></>,
  pen: <><path class="stroke" d="M16 80l6-22 42-42 16 16-42 42z" /><path class="stroke" d="M54 26l16 16" /></>,
  end: <><path d="M20 16h56v64H20z" /></>,
} as const;

export type PictogramName = keyof typeof drawn;
export function Pictogram({ name }: { name: PictogramName }) {
  return <svg class="pictogram" viewBox="0 0 96 96" aria-hidden="true" focusable="false">{drawn[name]}</svg>;
}
