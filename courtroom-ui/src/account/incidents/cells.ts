// The published table, put into rows and columns. Nothing is added up or taken away here: a total is one that the gateway published, with a noise of its own, and what
// it holds back stays back.
import type { Cell } from './wire';

export type About = 'kind' | 'measure';
export const quartersOf = (cells: readonly Cell[]): string[] => [...new Set(cells.map((c) => c.quarter))].sort();
/** 2026Q3 */
export const isQuarter = (text: string): boolean => /^\d{4}Q[1-4]$/.test(text);

export function quarterOf(now: number): string {
  const d = new Date(now + 4 * 3_600_000);
  return `${d.getUTCFullYear()}Q${Math.floor(d.getUTCMonth() / 3) + 1}`;
}

/** The n quarters that end with one, oldest first. */
export function quartersBack(last: string, n: number): string[] {
  const [year, q] = [Number(last.slice(0, 4)), Number(last.slice(5))];
  return Array.from({ length: n }, (_, i) => { const at = year * 4 + (q - 1) - (n - 1 - i); return `${Math.floor(at / 4)}Q${(at % 4) + 1}`; });
}

export interface Row { code: string; /** Every kind or measure together, as published. */ total: boolean; cells: (Cell | undefined)[] }

/** The cells of one of the two tables. A cell that does not say which is one of measures where it names one. */
export const tableOf = (cells: readonly Cell[], about: About): Cell[] => cells.filter((c) => (c.table ?? (c.measure === undefined ? 'incidents' : 'measures')) === (about === 'kind' ? 'incidents' : 'measures'));

/** Rows by kind of incident or by measure, columns by quarter, of one court or of all together (court ''). */
export function rowsOf(cells: readonly Cell[], about: About, court: string, quarters: readonly string[]): Row[] {
  const of = tableOf(cells, about).filter((c) => (c.court ?? '') === court);
  const codes = [...new Set(of.flatMap((c) => c[about] ?? []))].sort();
  const cellsOf = (code: string | undefined): (Cell | undefined)[] => quarters.map((q) => of.find((c) => c.quarter === q && c[about] === code));
  const rows: Row[] = codes.map((code) => ({ code, total: false, cells: cellsOf(code) }));
  const total = cellsOf(undefined);
  return total.some(Boolean) ? [...rows, { code: '', total: true, cells: total }] : rows;
}

export const courtsOf = (cells: readonly Cell[]): string[] => [...new Set(cells.map((c) => c.court ?? ''))].sort();
export const mostIn = (rows: readonly Row[]): number => Math.max(1, ...rows.flatMap((r) => r.cells.map((c) => c?.n ?? 0)));
