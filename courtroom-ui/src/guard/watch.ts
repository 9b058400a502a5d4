// The name guard of a page: the watch-list, in this page's memory and nowhere else, and the question before something that may hold a word of it is sent.
//
// Nothing of the list is stored, sent, logged or put into the document outside its own dialog: a hash of a name is the name. With the page it is gone.
import { guarded, watchList, type Guarded } from './match';

/** What must not wait for a question: it protects, and it is not for the protocol's words. */
const neverWaits = new Set(['flag.raise', 'emergency.raise', 'duress.raise', 'duress.answer', 'testimony.pause', 'hearing.suspend', 'seat.mute', 'seat.remove', 'session.kind', 'undertaking.sign', 'protocol.sign', 'order.sign', 'key.enrol']);

/** A text of the command in which something was found; path says where it stands in the arguments. */
export interface Suspect { path: readonly string[]; text: string; hits: readonly Guarded[] }

export interface Warning { n: number; name: string; suspects: readonly Suspect[]; send: (texts: readonly string[]) => void; anyway: () => void; back: () => void }

type Args = Readonly<Record<string, unknown>>;

export class Guard {
  now: Warning | null = null;
  private words: ReturnType<typeof watchList>['words'] = [];
  private asked = 0;

  constructor(private readonly onChange: () => void) {}

  get watched(): number { return this.words.length; }

  /** Takes a list in place of the one before; gives the words that are too short to be watched. */
  watch(list: string): readonly string[] {
    const { words, tooShort } = watchList(list);
    this.words = words;
    this.onChange();
    return tooShort;
  }

  /** Null: it may go. Else what the person decided: the arguments as they may go, or null for not at all. */
  hold(name: string, args: Args, pseudonym: string | undefined): Promise<Args | null> | null {
    if (this.words.length === 0 || neverWaits.has(name)) return null;
    const suspects = this.suspects(args, pseudonym);
    return suspects.length === 0 ? null : new Promise((decided) => this.ask(name, args, suspects, pseudonym, decided));
  }

  /** Ends a question that nobody can answer any more: what was held back is not sent. */
  close(): void { this.now?.back(); }

  private suspects(args: Args, pseudonym: string | undefined): Suspect[] {
    return textsOf(args).map(({ path, text }) => ({ path, text, hits: guarded(text, this.words, pseudonym) })).filter((s) => s.hits.length > 0);
  }

  private ask(name: string, args: Args, suspects: readonly Suspect[], pseudonym: string | undefined, decided: (args: Args | null) => void): void {
    this.close();
    const end = (with_: Args | null): void => { this.now = null; this.onChange(); decided(with_); };
    this.now = {
      n: ++this.asked, name, suspects, anyway: () => end(args), back: () => end(null),
      send: (texts) => {
        const changed = suspects.reduce((a, s, i) => replaced(a, s.path, (texts[i] ?? s.text).trim()), args);
        const still = this.suspects(changed, pseudonym);
        if (still.length === 0) end(changed); else this.ask2(name, changed, still, pseudonym, decided);
      },
    };
    this.onChange();
  }

  // What was changed still holds something: the same question about the new words.
  private ask2(name: string, args: Args, suspects: readonly Suspect[], pseudonym: string | undefined, decided: (args: Args | null) => void): void {
    this.now = null;
    this.ask(name, args, suspects, pseudonym, decided);
  }
}

function textsOf(value: unknown, path: readonly string[] = []): { path: readonly string[]; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, v]) => textsOf(v, [...path, key]));
}

function replaced(value: Args, [key, ...rest]: readonly string[], text: string): Args {
  if (key === undefined) return value;
  const inner = value[key];
  return { ...value, [key]: rest.length === 0 ? text : replaced(inner as Args, rest, text) };
}
