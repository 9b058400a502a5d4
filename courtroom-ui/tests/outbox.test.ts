import { describe, expect, test } from 'vitest';
import { afterRaise, Outbox } from '../src/signaling/outbox';
import { memoryShelf, type Shelf } from '../src/signaling/shelf';
import type { Waiting } from '../src/state/model';

const at = '2026-11-22T10:00:00.000Z';
const w = (id: string, name: string): Waiting => ({ id, name, args: { text: id }, at });

describe('the outbox', () => {
  test('a flag pressed before a reload is sent after it, with its id and the time it was pressed', () => {
    const shelf = memoryShelf();
    new Outbox(shelf, 'h', 'lawyer').add(w('f1', 'flag.raise'));
    expect(new Outbox(shelf, 'h', 'lawyer').waiting).toEqual([w('f1', 'flag.raise')]);
  });
  test('is kept for one hearing and one seat', () => {
    const shelf = memoryShelf();
    new Outbox(shelf, 'h', 'lawyer').add(w('f1', 'flag.raise'));
    expect(new Outbox(shelf, 'h', 'defence').waiting).toEqual([]);
    expect(new Outbox(shelf, 'h2', 'lawyer').waiting).toEqual([]);
  });
  test.each(['testimony.call', 'session.kind', 'order.sign', 'testimony.pause', 'seat.admit', 'undertaking.sign'])('%s does not come back after a reload', (name) => {
    const shelf = memoryShelf();
    new Outbox(shelf, 'h', 's').add(w('c1', name));
    expect(new Outbox(shelf, 'h', 's').waiting).toEqual([]);
  });
  test('lets go of what was answered, and only of that', () => {
    const shelf = memoryShelf();
    const box = new Outbox(shelf, 'h', 's');
    box.add(w('a', 'entry.add'));
    box.add(w('b', 'entry.add'));
    box.settle('a');
    expect(new Outbox(shelf, 'h', 's').waiting.map((x) => x.id)).toEqual(['b']);
    box.settle('b');
    expect(shelf.length).toBe(0);
  });
  test('two tabs of one seat keep and let go of their own commands, and of no other', () => {
    const shelf = memoryShelf();
    const [one, two] = [new Outbox(shelf, 'h', 's'), new Outbox(shelf, 'h', 's')];
    one.add(w('a', 'flag.raise'));
    two.add(w('b', 'flag.raise'));
    one.add(w('c', 'entry.add'));
    expect(new Outbox(shelf, 'h', 's').waiting.map((x) => x.id)).toEqual(['a', 'b', 'c']);
    two.settle('b');
    one.settle('c');
    expect(new Outbox(shelf, 'h', 's').waiting.map((x) => x.id)).toEqual(['a']);
    expect(one.ready.map((x) => x.id)).toEqual(['a']);
  });
  test('what an older version kept under one key is taken over, before what was pressed since', () => {
    const shelf = memoryShelf();
    shelf.setItem('parda.outbox.h.s', JSON.stringify([w('f1', 'flag.raise'), w('e1', 'entry.add')]));
    new Outbox(shelf, 'h', 's').add(w('f2', 'flag.raise'));
    expect(shelf.getItem('parda.outbox.h.s')).toBeNull();
    const again = new Outbox(shelf, 'h', 's');
    expect(again.waiting).toEqual([w('f1', 'flag.raise'), w('e1', 'entry.add'), w('f2', 'flag.raise')]);
    for (const x of again.waiting) again.settle(x.id);
    expect(shelf.length).toBe(0);
  });
  test('what an older version kept stays where it is while the storage takes nothing', () => {
    const shelf = memoryShelf();
    shelf.setItem('parda.outbox.h.s', JSON.stringify([w('f1', 'flag.raise')]));
    const full: Shelf = { length: 0, key: (n) => shelf.key(n), getItem: (k) => shelf.getItem(k), setItem: () => { throw new Error('full'); }, removeItem: (k) => shelf.removeItem(k) };
    expect(new Outbox(full, 'h', 's').waiting.map((x) => x.id)).toEqual(['f1']);
    expect(shelf.getItem('parda.outbox.h.s')).not.toBeNull();
  });
  test('a flag refused for good is kept with what was written of it, over a reload, never sent again, until a person puts it away', () => {
    const shelf = memoryShelf();
    const box = new Outbox(shelf, 'h', 's');
    box.add(w('f1', 'flag.raise'));
    box.add({ id: 'd1', name: 'flag.detail', args: { flag: afterRaise('f1'), kind: 'look', note: 'n' }, at });
    const why = { code: 'forbidden', message: '' };
    expect(box.refuse('f1', why)?.args).toEqual({ text: 'f1', kind: 'look', note: 'n' });
    box.raised('f1', null);
    const again = new Outbox(shelf, 'h', 's');
    expect(again.waiting).toEqual([{ ...w('f1', 'flag.raise'), args: { text: 'f1', kind: 'look', note: 'n' }, refused: why }]);
    expect([again.ready, box.ready]).toEqual([[], []]);
    expect(again.expire(Date.parse(at) + 86_400_000)).toEqual([]);
    again.settle('f1');
    expect(shelf.length).toBe(0);
  });
  test.each(['entry.add', 'testimony.pause'])('%s that was refused is not kept', (name) => {
    const box = new Outbox(memoryShelf(), 'h', 's');
    box.add(w('c', name));
    expect(box.refuse('c', { code: 'forbidden', message: '' })).toBeNull();
  });
  test('an act that nobody heard for ten seconds expires; the record does not', () => {
    const box = new Outbox(memoryShelf(), 'h', 's');
    box.add(w('p', 'testimony.pause'));
    box.add(w('f', 'flag.raise'));
    expect(box.expire(Date.parse(at) + 9_999)).toEqual([]);
    expect(box.expire(Date.parse(at) + 10_001).map((x) => x.id)).toEqual(['p']);
    expect(box.expire(Date.parse(at) + 86_400_000)).toEqual([]);
    expect(box.waiting.map((x) => x.id)).toEqual(['f']);
  });
  test('what is said of a flag before it has an id waits for it, over a reload too, and then goes under its name', () => {
    const shelf = memoryShelf();
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
    const box = new Outbox(memoryShelf(), 'h', 'lawyer');
    box.add(w('f1', 'flag.raise'));
    box.add({ id: 'd1', name: 'flag.detail', args: { flag: afterRaise('f1') }, at });
    expect(box.raised('f1', null)).toHaveLength(1);
    expect(box.waiting.map((x) => x.id)).toEqual(['f1']);
  });
  test.each(['emergency.raise', 'duress.raise', 'flag.answer'])('%s is kept over a reload, however late it comes', (name) => {
    const shelf = memoryShelf();
    new Outbox(shelf, 'h', 's').add(w('c1', name));
    const box = new Outbox(shelf, 'h', 's');
    expect(box.expire(Date.parse(at) + 86_400_000)).toEqual([]);
    expect(box.ready.map((x) => x.name)).toEqual([name]);
  });
  test.each(['', '{', 'null', '[1,null,{"id":1}]', '[{"id":"x","name":"testimony.call","args":{},"at":"t"}]'])('drops what it cannot read: %s', (text) => {
    const shelf = memoryShelf();
    shelf.setItem('parda.outbox.h.s', text);
    shelf.setItem('parda.outbox/h/s/x', text);
    expect(new Outbox(shelf, 'h', 's').waiting).toEqual([]);
  });
  test('goes on in memory when the storage is full', () => {
    const shelf = memoryShelf();
    shelf.setItem = () => { throw new Error('full'); };
    const box = new Outbox(shelf, 'h', 's');
    box.add(w('f', 'flag.raise'));
    expect(box.waiting.map((x) => x.id)).toEqual(['f']);
  });
});
