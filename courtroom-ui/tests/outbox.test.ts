import { describe, expect, test } from 'vitest';
import { afterRaise, Outbox, type Shelf } from '../src/signaling/outbox';
import type { Waiting } from '../src/state/model';

class Memory implements Shelf {
  readonly held = new Map<string, string>();
  getItem(key: string): string | null { return this.held.get(key) ?? null; }
  setItem(key: string, value: string): void { this.held.set(key, value); }
  removeItem(key: string): void { this.held.delete(key); }
}
const at = '2026-11-22T10:00:00.000Z';
const w = (id: string, name: string): Waiting => ({ id, name, args: { text: id }, at });

describe('the outbox', () => {
  test('a flag pressed before a reload is sent after it, with its id and the time it was pressed', () => {
    const shelf = new Memory();
    new Outbox(shelf, 'h', 'lawyer').add(w('f1', 'flag.raise'));
    expect(new Outbox(shelf, 'h', 'lawyer').waiting).toEqual([w('f1', 'flag.raise')]);
  });
  test('is kept for one hearing and one seat', () => {
    const shelf = new Memory();
    new Outbox(shelf, 'h', 'lawyer').add(w('f1', 'flag.raise'));
    expect(new Outbox(shelf, 'h', 'defence').waiting).toEqual([]);
    expect(new Outbox(shelf, 'h2', 'lawyer').waiting).toEqual([]);
  });
  test.each(['testimony.call', 'session.kind', 'order.sign', 'testimony.pause', 'seat.admit', 'undertaking.sign'])('%s does not come back after a reload', (name) => {
    const shelf = new Memory();
    new Outbox(shelf, 'h', 's').add(w('c1', name));
    expect(new Outbox(shelf, 'h', 's').waiting).toEqual([]);
  });
  test('lets go of what was answered, and only of that', () => {
    const shelf = new Memory();
    const box = new Outbox(shelf, 'h', 's');
    box.add(w('a', 'entry.add'));
    box.add(w('b', 'entry.add'));
    box.settle('a');
    expect(new Outbox(shelf, 'h', 's').waiting.map((x) => x.id)).toEqual(['b']);
    box.settle('b');
    expect(shelf.held.size).toBe(0);
  });
  test('an act that nobody heard for ten seconds expires; the record does not', () => {
    const box = new Outbox(new Memory(), 'h', 's');
    box.add(w('p', 'testimony.pause'));
    box.add(w('f', 'flag.raise'));
    expect(box.expire(Date.parse(at) + 9_999)).toEqual([]);
    expect(box.expire(Date.parse(at) + 10_001).map((x) => x.id)).toEqual(['p']);
    expect(box.expire(Date.parse(at) + 86_400_000)).toEqual([]);
    expect(box.waiting.map((x) => x.id)).toEqual(['f']);
  });
  test('what is said of a flag before it has an id waits for it, over a reload too, and then goes under its name', () => {
    const shelf = new Memory();
    const box = new Outbox(shelf, 'h', 'lawyer');
    box.add(w('f1', 'flag.raise'));
    box.add({ id: 'd1', name: 'flag.detail', args: { flag: afterRaise('f1'), kind: 'look' }, at });
    expect(box.ready.map((x) => x.id)).toEqual(['f1']);
    const again = new Outbox(shelf, 'h', 'lawyer');
    expect([again.waiting.length, again.ready.map((x) => x.id)]).toEqual([2, ['f1']]);
    expect(again.raised('other', 'f9')).toEqual([]);
    expect(again.raised('f1', 'f7').map((x) => x.args)).toEqual([{ flag: 'f7', kind: 'look' }]);
    again.settle('f1');
    expect(new Outbox(shelf, 'h', 'lawyer').ready.map((x) => x.args)).toEqual([{ flag: 'f7', kind: 'look' }]);
  });
  test('nothing waits for a flag that was refused', () => {
    const box = new Outbox(new Memory(), 'h', 'lawyer');
    box.add(w('f1', 'flag.raise'));
    box.add({ id: 'd1', name: 'flag.detail', args: { flag: afterRaise('f1') }, at });
    expect(box.raised('f1', null)).toHaveLength(1);
    expect(box.waiting.map((x) => x.id)).toEqual(['f1']);
  });
  test.each(['emergency.raise', 'duress.raise', 'flag.answer'])('%s is kept over a reload, however late it comes', (name) => {
    const shelf = new Memory();
    new Outbox(shelf, 'h', 's').add(w('c1', name));
    const box = new Outbox(shelf, 'h', 's');
    expect(box.expire(Date.parse(at) + 86_400_000)).toEqual([]);
    expect(box.ready.map((x) => x.name)).toEqual([name]);
  });
  test.each(['', '{', 'null', '[1,null,{"id":1}]', '[{"id":"x","name":"testimony.call","args":{},"at":"t"}]'])('drops what it cannot read: %s', (text) => {
    const shelf = new Memory();
    shelf.setItem('parda.outbox.h.s', text);
    expect(new Outbox(shelf, 'h', 's').waiting).toEqual([]);
  });
  test('goes on in memory when the storage is full', () => {
    const shelf = new Memory();
    shelf.setItem = () => { throw new Error('full'); };
    const box = new Outbox(shelf, 'h', 's');
    box.add(w('f', 'flag.raise'));
    expect(box.waiting.map((x) => x.id)).toEqual(['f']);
  });
});
