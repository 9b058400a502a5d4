// Small drawn signs that stand beside a word. They repeat what the word says, so they are hidden from screen readers;
// each state has a shape of its own, because colour alone carries nothing.
const paths = {
  live: <circle cx="8" cy="8" r="5.5" />,
  paused: <path d="M4 3h3v10H4zM9 3h3v10H9z" />,
  waiting: <path d="M8 2.2A5.8 5.8 0 1 0 8 13.8 5.8 5.8 0 0 0 8 2.2zm0 1.8a4 4 0 1 1 0 8 4 4 0 0 1 0-8z" />,
  ok: <path d="m6.4 12.6-4-4 1.5-1.5 2.5 2.5 5.7-5.7 1.5 1.5z" />,
  warn: <path d="M8 1.5 15.3 14H.7zM7.1 6v4h1.8V6zm0 5v1.7h1.8V11z" fill-rule="evenodd" />,
  off: <path d="M3 7h10v2H3z" />,
  recording: <path d="M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zm0 1.6a4.9 4.9 0 1 1 0 9.8 4.9 4.9 0 0 1 0-9.8zM8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z" />,
  masked: <path d="M1 4c2.5-.6 4.8-.4 7 .7C10.200 3.600 12.500 3.400 15 4c.2 4.500-1.500 7.300-4 7.300-1.500 0-2.200-1-3-2-.8 1-1.500 2-3 2C2.500 11.300.8 8.500 1 4zm2.500 2.500c.3 1.200 1 1.800 2 1.800s1.500-.4 1.500-1c-.8-.7-2-1-3.500-.8zm9 0c-1.500-.2-2.700.1-3.500.8 0 .6.500 1 1.500 1s1.700-.6 2-1.800z" fill-rule="evenodd" />,
  flag: <path d="M3 1.500h1.700V3H13l-2 3 2 3H4.700v5.500H3z" />,
  lock: <path d="M8 1.500A3.500 3.500 0 0 0 4.500 5v2H3.500v7h9V7h-1V5A3.500 3.500 0 0 0 8 1.500zm0 1.600A1.900 1.900 0 0 1 9.900 5v2H6.100V5A1.900 1.900 0 0 1 8 3.100z" />,
  open: <path d="M2 2.500h12v11H2zM3.700 4.200v7.600h8.600V4.200z" fill-rule="evenodd" />,
  sound: <path d="M2 6h2.500L8 3v10l-3.500-3H2zM10 5.500c1.500 1.300 1.500 3.700 0 5M11.800 3.700c2.600 2.300 2.600 6.300 0 8.600" />,
  link: <path d="M3 13V9.500h2V13zm4 0V6.500h2V13zm4 0V3h2v10z" />,
  key: <path d="M5 4.500a3.500 3.500 0 1 0 3.300 4.700H10v1.800h2V9.200h1v1.800h2V7H8.300A3.500 3.500 0 0 0 5 4.500zm0 2a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3z" fill-rule="evenodd" />,
  person: <path d="M8 1.800a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM2.500 14c0-3.200 2.300-5 5.500-5s5.500 1.800 5.500 5z" />,
  room: <path d="M3 2h10v12H3zM4.700 3.700v8.600h6.600V3.700zM8.800 7.200h1.500v1.600H8.800z" fill-rule="evenodd" />,
  list: <path d="M2 3h2v2H2zm4 0h8v2H6zM2 7h2v2H2zm4 0h8v2H6zM2 11h2v2H2zm4 0h8v2H6z" />,
  back: <path d="m10.800 3.100 1.300 1.300L7.200 8l4.900 3.600-1.300 1.300L4.300 8z" />,
  more: <path d="M3.100 5.200 8 10.100l4.900-4.900 1.300 1.300L8 12.700 1.800 6.500z" />,
  less: <path d="M3.100 11.300 8 6.400l4.900 4.900 1.300-1.300L8 3.800 1.800 10z" />,
  nolink: <path d="M3 13V9.500h2V13zm4 0V6.500h2V13zm4 0V3h2v10zM1.500 2.700l1.200-1.200 12 12-1.200 1.200z" />,
} as const;

export type GlyphName = keyof typeof paths;

export function Glyph({ name }: { name: GlyphName }) {
  return <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{paths[name]}</svg>;
}
