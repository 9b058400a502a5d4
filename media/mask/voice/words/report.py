"""Writes what measure.py found: verdict.json for the order's rules, and MEASURED.md for people."""
import json, os
import measure as M

KINDS = [(lang, k) for lang, ks in (('az', 'negation var_yox numbers persons dates sounds'), ('en', 'negation yes_no numbers persons dates')) for k in ks.split()]
LETTERS = [('@', 'ı'), ('&', 'ə'), ('W', 'ö'), ('y', 'ü'), ('i', 'i'), ('e', 'e'), ('a', 'a'), ('o', 'o'), ('u', 'u'), ('a:', 'ağ'), ('o:', 'oğ'), ('g', 'q'), ('J', 'g'), ('c', 'k (front)'),
           ('C', 'k (end)'), ('x', 'x'), ('h', 'h'), ('dZ', 'c'), ('tS', 'ç'), ('S', 'ş'), ('s', 's'), ('z', 'z'), ('b', 'b'), ('p', 'p'), ('d', 'd'), ('t', 't'), ('f', 'f'),
           ('v', 'v'), ('m', 'm'), ('n', 'n'), ('l', 'l'), ('R', 'r'), ('j', 'y')]
NAME = dict(LETTERS)


def kinds_of(results, combo, left_out):
    out = {}
    for lang, (heard, _) in results.items():
        for kind, (n, e, r) in M.count(heard[combo][0], left_out).items():
            out[lang + '_' + kind] = dict(n=n, errors=e, reversals=r)
    return {f'{l}_{k}': out[f'{l}_{k}'] for l, k in KINDS if f'{l}_{k}' in out}


def share(k, n):
    low, high = M.wilson(k, n)
    return f'{100 * k / max(1, n):.1f} [{100 * low:.1f}-{100 * high:.1f}]'


def total(kinds, what):
    return sum(k[what] for k in kinds.values())


def found_of(results, combos, left_out, pairs):
    """All that is kept of a run: {'neutral standard': {...}}, counts alone."""
    by, out = {p['id']: p for p in pairs}, {}
    clear = kinds_of(results, None, {})
    run = dict(clear=[total(clear, 'errors'), total(clear, 'n')], out=['/'.join(by[i]['words']) for i in sorted(left_out)], sounds=sounds_of(results, None))
    for c in combos:
        out['%s %s' % c] = dict(kinds=kinds_of(results, c, left_out), turned=turned_of(results, c, by, left_out), sounds=sounds_of(results, c), run=run)
    return out


def sounds_of(results, combo):
    """{sound: [n, {heard as: times}]} of the wrong ones."""
    heard, names = results['az']
    out = {}
    for truth, got in heard[combo][1]:
        r = out.setdefault(truth, [0, {}])
        r[0] += 1
        if names[got] != truth:
            r[1][names[got]] = r[1].get(names[got], 0) + 1
    return out


def turned_of(results, combo, by, left_out):
    out = {}
    for heard, _ in results.values():
        for i, _, _, _, other in heard[combo][0]:
            if i not in left_out and other >= M.CONFIDENT:
                name = '/'.join(by[i]['words'])
                out[name] = out.get(name, 0) + 1
    return out


def verdicts(all_found):
    out = []
    for name, f in all_found.items():
        k = f['kinds']
        voice, strength = name.split(' ')
        out.append(dict(voice=voice, strength=strength, reversals=round(total(k, 'reversals') / max(1, total(k, 'n')), 5), allowed=M.allowed(k), kinds=k))
    return out


def table_of_kinds(found):
    yield '| what | ' + ' | '.join(found) + ' |'
    yield '|---|' + '---|' * len(found)
    names = [f'{l}_{k}' for l, k in KINDS]
    for name in names + ['all']:
        cells = []
        for f in found.values():
            k = f['kinds'].get(name) if name != 'all' else {w: total(f['kinds'], w) for w in ('n', 'errors', 'reversals')}
            cells.append(f'{share(k["reversals"], k["n"])}; {k["reversals"]} + {k["errors"] - min(k["errors"], k["reversals"])} of {k["n"]}' if k else '')
        yield f'| {name.replace("_", " ", 1)} | ' + ' | '.join(cells) + ' |'


def table_of_sounds(found):
    first = next(iter(found.values()))['run']['sounds']
    yield '| sound | n | clear | ' + ' | '.join(found) + ' |'
    yield '|---|---|---|' + '---|' * len(found)
    wrong = lambda r: 100 * sum(r[1].values()) / r[0]
    for p, letter in LETTERS:
        if p not in first:
            continue
        cells = []
        for f in found.values():
            r = f['sounds'].get(p, [1, {}])
            most = sorted(r[1].items(), key=lambda x: (-x[1], x[0]))[:2]
            note = ', '.join(f'{NAME.get(k, k if k != "_" else "silence")} {v}' for k, v in most if v >= 3)
            cells.append(f'{wrong(r):.0f}' + (f' ({note})' if note else ''))
        yield f'| {letter} | {first[p][0]} | {wrong(first[p]):.0f} | ' + ' | '.join(cells) + ' |'
    mean = lambda s: f'{100 * sum(sum(r[1].values()) for r in s.values()) / sum(r[0] for r in s.values()):.1f}'
    yield f'| all | {sum(r[0] for r in first.values())} | {mean(first)} | ' + ' | '.join(mean(f['sounds']) for f in found.values()) + ' |'


def document(pairs, found):
    text = open(os.path.join(M.HERE, 'MEASURED.head.md'), encoding='utf-8').read()
    az = sum(p['lang'] == 'az' for p in pairs)
    text = text.replace('@PAIRS@', str(len(pairs))).replace('@AZ@', str(az)).replace('@EN@', str(len(pairs) - az))
    runs = {}
    for name, f in found.items():
        runs.setdefault(json.dumps([f['run']['clear'], f['run']['out']]), []).append(name)
    clear, out = [], []
    for run, names in runs.items():
        (e, n), left = json.loads(run)
        of = '' if len(runs) == 1 else f' (judge of {", ".join(names)})'
        clear.append(f'{e} of {n} choices ({share(e, n)} %){of}')
        out.append(f'{len(left)}{of}: ' + (', '.join(left) or 'none'))
    text = text.replace('@CLEAR@', '; '.join(clear)).replace('@OUT@', '; '.join(out))
    text = text.replace('@KINDS@', '\n'.join(table_of_kinds(found)))
    text = text.replace('@VERDICT@', '\n'.join(f'- {v["voice"]} {v["strength"]}: {"may be ordered" if v["allowed"] else "**may not be ordered**"}' for v in verdicts(found)))
    text = text.replace('@TURNED@', '\n'.join(f'- {name}: ' + (', '.join(f'{w} ({n})' for w, n in sorted(f['turned'].items(), key=lambda x: (-x[1], x[0]))[:15]) or 'none') for name, f in found.items()))
    return text.replace('@SOUNDS@', '\n'.join(table_of_sounds(found)))


def report(o, pairs, results, left_out, combos, say):
    kept = os.path.join(o.work, 'counts.json')
    found = json.load(open(kept)) if os.path.exists(kept) else {}
    found.update(found_of(results, combos, left_out, pairs))
    found = {'%s %s' % c: found['%s %s' % c] for c in M.COMBOS if '%s %s' % c in found}
    json.dump(found, open(kept, 'w'))
    text = document(pairs, found)
    if o.dry:
        print(text)
        return
    with open(os.path.join(M.HERE, 'verdict.json'), 'w') as f:
        f.write('{"modes": [\n' + ',\n'.join('  ' + json.dumps(v) for v in verdicts(found)) + '\n]}\n')
    open(os.path.join(M.HERE, 'MEASURED.md'), 'w', encoding='utf-8').write(text)
    say('written: verdict.json, MEASURED.md')
