#!/usr/bin/python3
"""What must not turn, and which sounds suffer. Speaks the pairs of pairs.tsv and Azerbaijani sentences with voices of espeak-ng and flite, masks
them with the station in every mode and strength, lets a judge who is not the mask decide, and writes MEASURED.md and verdict.json.

    apt-get install -y espeak-ng flite python3-torch python3-scipy
    make build && OMP_NUM_THREADS=1 /usr/bin/python3 media/mask/voice/words/measure.py            (one core)

    --only neutral/standard,synthetic/standard   some of the modes; what was counted of others before stays
    --light                                      one test voice for each language instead of two: a third of the time, wider intervals
    --work DIR                                   where sound is kept (var/words); masked sound is made anew when bin/station changed
"""
import argparse, collections, hashlib, json, math, os, subprocess, sys, time
os.environ.setdefault('OMP_NUM_THREADS', '1')
import numpy as np
from scipy.io import wavfile
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, '../../../..'))
sys.path.insert(0, HERE)
import speak, judge

COMBOS = [(m, s) for m in ('neutral', 'synthetic') for s in ('gentle', 'standard', 'strong')]
RATE = speak.RATE
CONFIDENT = 0.9   # the judge is confident when the chances of its choice, calibrated, are this or more
MOST = 0.01       # share of reversals up to which a mode may be ordered

# Who speaks: (voice, words a minute, pitch). No voice is in two of the three lists.
VOICES = {
    'az': {
        'train': [('espeak:' + v, r, p) for v, r, p in [('m1', 150, 45), ('m3', 175, 50), ('m5', 160, 40), ('m7', 185, 55), ('f1', 150, 50), ('f3', 170, 60), ('f5', 190, 45),
                                                        ('Annie', 160, 50), ('Andy', 175, 50), ('klatt2', 155, 50), ('klatt4', 170, 45), ('linda', 165, 55), ('Diogo', 180, 40)]],
        'tune': [('espeak:m2', 165, 50), ('espeak:Alicia', 175, 50)],
        'test': [('espeak:m4', 150, 50), ('espeak:f2', 170, 50)]},
    'en': {
        'train': [('espeak:' + v, r, p) for v, r, p in [('m1', 155, 45), ('m3', 175, 50), ('m7', 185, 55), ('f1', 150, 50), ('f3', 170, 60), ('Annie', 160, 50), ('klatt2', 155, 50)]]
                 + [('flite:kal16', 165, 50), ('flite:awb', 155, 50), ('flite:rms', 175, 50), ('flite:rms', 155, 50), ('flite:kal16', 185, 50)],
        'tune': [('espeak:m2', 165, 50), ('espeak:Alicia', 175, 50)],
        'test': [('espeak:f4', 175, 60), ('flite:slt', 160, 50)]}}

PER_FILE = 16  # sentences of one speaker in one session of the mask; the first is not judged: the rehearsal comes before a hearing


def read_pairs():
    out = []
    for i, line in enumerate(open(os.path.join(HERE, 'pairs.tsv'), encoding='utf-8').read().splitlines()[1:]):
        lang, kind, carrier, a, b = line.split('\t')
        out.append(dict(id=i, lang=lang, kind=kind, words=(a, b), text=(carrier.replace('{}', a), carrier.replace('{}', b))))
    return out


def nonsense(lang, n, seed):
    """Sentences without meaning, so that the judge knows sounds and not only words. Deterministic."""
    rng = np.random.default_rng(seed)
    onset = {'az': 'b c ç d f g h x j k q l m n p r s ş t v y z'.split(), 'en': 'b ch d f g h j k l m n p r s sh t th v w y z st tr pl'.split()}[lang]
    vowel = {'az': list('aeəiıoöuü'), 'en': 'a e i o u ee oo ai ou or ar er'.split()}[lang]
    coda = {'az': ['', '', 'n', 'r', 'l', 'm', 's', 'ş', 'd', 'z', 'x', 'q', 'ğ', 'k', 't', 'y', 'b'], 'en': ['', '', 'n', 't', 'd', 's', 'l', 'm', 'nt', 'k', 'ck', 'th', 've']}[lang]
    word = lambda: ''.join(rng.choice(onset) + rng.choice(vowel) + rng.choice(coda) for _ in range(rng.integers(1, 4)))
    return [' '.join(word() for _ in range(5)).capitalize() + '.' for _ in range(n)]


def sentences(lang, role, voice_no, pairs, az60):
    """The list of (key, text) that a voice speaks. key: ('pair', id, side), ('az', number) or None."""
    mine = [p for p in pairs if p['lang'] == lang]
    both = [(('pair', p['id'], s), p['text'][s]) for p in mine for s in (0, 1)]
    if role == 'test':
        return both + ([(('az', i), t) for i, t in enumerate(az60)] if lang == 'az' else [])
    rng = np.random.default_rng([7, voice_no])
    if role == 'tune':
        return [both[i] for i in rng.permutation(len(both))[:40]]
    return [both[i] for i in rng.permutation(len(both))[:40]] + [(None, t) for t in nonsense(lang, 30, [8, voice_no])]


def make_files(work, az60, pairs):
    """Speaks everything. Returns for each file: path, lang, role, voice, and its sentences with their places."""
    files = []
    warm = {'az': 'Mən bu gün məhkəmədə sakit və aydın danışıram, məni eşidirsiniz.', 'en': 'I speak calmly and clearly in this room, and I hope that you can hear me well.'}
    for lang in VOICES:
        for role, who in VOICES[lang].items():
            for v, (voice, rate, pitch) in enumerate(who):
                todo = sentences(lang, role, v, pairs, az60)
                np.random.default_rng([9, v]).shuffle(todo)
                for part in range(0, len(todo), PER_FILE):
                    files.append(one_file(work, f'{lang}-{role}-{v}-{part // PER_FILE}', lang, role, (voice, rate, pitch), [(None, warm[lang])] + todo[part:part + PER_FILE]))
    return files


def one_file(work, name, lang, role, who, todo):
    path, note = f'{work}/clear/{name}.wav', f'{work}/clear/{name}.json'
    key = hashlib.sha256(json.dumps([lang, who, todo]).encode() + open(os.path.join(HERE, 'speak.py'), 'rb').read()).hexdigest()
    if os.path.exists(note):
        f = json.load(open(note))
        if f['key'] == key:
            return f
    room = np.random.default_rng(11)
    sound, parts, at = [], [], 0
    for k, (what, text) in enumerate(todo):
        x, phones = speak.say(lang, who[0], text, who[1], who[2])
        x = 0.12 * x / max(1e-6, np.sqrt(np.mean(x[np.abs(x) > 0.01] ** 2)))
        gap = np.zeros(int(0.25 * RATE), np.float32)
        if k > 0:
            parts.append(dict(what=what, start=at, end=at + len(x), phones=[(p, at + i) for p, i in phones]))
        sound += [x, gap]; at += len(x) + len(gap)
    x = np.concatenate(sound)
    x = np.clip(x + 3e-4 * room.standard_normal(len(x)), -0.99, 0.99)
    wavfile.write(path, RATE, (x * 32767).astype(np.int16))
    f = dict(key=key, name=name, path=path, lang=lang, role=role, voice='%s %d %d' % who, parts=parts)
    json.dump(f, open(note, 'w'))
    return f


def mask(station, work, f, mode, strength):
    """The file masked, a session of its own for every file, mode and strength. Returns the path, or None when the station cannot."""
    out = f'{work}/masked/{mode}-{strength}/{f["name"]}.wav'
    if os.path.exists(out) and os.path.getmtime(out) > max(os.path.getmtime(station), os.path.getmtime(f['path'])):
        return out
    os.makedirs(os.path.dirname(out), exist_ok=True)
    cmd = [station, 'mask', '-in', f['path'], '-out', out, '-voice', mode, '-session', f'words {f["name"]} {mode} {strength}']
    if strength != 'standard':
        cmd += ['-strength', strength]
    r = subprocess.run(cmd, capture_output=True, text=True)
    return out if r.returncode == 0 else None


def sound(path):
    return wavfile.read(path)[1].astype(np.float32) / 32768


def labels(f, n, phones):
    y = np.zeros(n, np.int64)
    for p in f['parts']:
        for (name, at), (_, end) in zip(p['phones'], p['phones'][1:]):
            y[round(at / 160):round(end / 160)] = phones[name]
    return y


def after_warm(f, x):
    """Features of the file from its second sentence on, and how many frames were left out."""
    skip = f['parts'][0]['start'] // 160 - 20
    return judge.level(judge.features(x))[skip:], skip


def learn(lang, files, station, work, combos, phones, every=1):
    """One judge for a language: clear speech of the training voices, and each file (of `every`, the first) masked in one of the modes in turn."""
    data = []
    for i, f in enumerate([f for f in files if f['lang'] == lang and f['role'] == 'train']):
        paths = [f['path']] + ([mask(station, work, f, *combos[i // every % len(combos)])] if combos and i % every == 0 else [])
        for path in paths:
            x, skip = after_warm(f, sound(path))
            data.append((x, labels(f, skip + len(x), phones)[skip:]))
    return judge.train(data, len(phones), epochs={'az': 3, 'en': 6}[lang]), sum(len(y) for _, y in data)


def hear(model, f, path, pairs, texts):
    """Every pair sentence of a file: (pair, kind, voice, log likelihood of the truth against the other). And every sound: (truth, heard)."""
    m, prior = model
    x, skip = after_warm(f, sound(path))
    s = judge.scores(m, prior, x)
    choices, sounds = [], []
    for p in f['parts']:
        a, b = max(0, p['start'] // 160 - skip - 8), p['end'] // 160 - skip + 12
        if p['what'] and p['what'][0] == 'pair':
            pair, side = pairs[p['what'][1]], p['what'][2]
            both = [judge.align(s[a:b], texts[(f['lang'], f['voice'].split(' ')[0].split(':')[0], pair['id'], k)]) for k in (side, 1 - side)]
            choices.append((pair['id'], pair['kind'], f['voice'], float(both[0] - both[1])))
        elif p['what']:
            for (name, i), (_, j) in zip(p['phones'], p['phones'][1:]):
                i, j = i / 160 - skip, j / 160 - skip
                if name != '_' and j - i >= 3:
                    c = s[max(0, round(i + (j - i) / 4)):max(1, round(j - (j - i) / 4))].mean(0)
                    sounds.append((name, int(np.argmax(c))))
    return choices, sounds


def wilson(k, n, z=1.96):
    if n == 0:
        return 0.0, 1.0
    p = k / n
    mid, half = p + z * z / 2 / n, z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    return max(0, (mid - half) / (1 + z * z / n)), min(1, (mid + half) / (1 + z * z / n))


def judge_language(lang, files, pairs, station, work, combos, say, every=1):
    """Trains the judge of one language and lets it hear everything. Returns {mode: (choices, sounds)} with mode None for clear, the names of the sounds, and facts."""
    mine = [f for f in files if f['lang'] == lang]
    names = ['_'] + sorted({p for f in mine for s in f['parts'] for p, _ in s['phones']} - {'_'})
    phones = {p: i for i, p in enumerate(names)}
    texts = {}
    for engine in {v.split(':')[0] for role in VOICES[lang].values() for v, _, _ in role}:
        voice = {'espeak': 'espeak:', 'flite': 'flite:rms'}[engine]
        for p in pairs:
            if p['lang'] == lang:
                for s in (0, 1):
                    texts[(lang, engine, p['id'], s)] = [phones[x] for x in speak.phones_of(lang, voice, p['text'][s])]
    by_id = {p['id']: p for p in pairs}
    model, frames = learn(lang, files, station, work, combos, phones, every)
    say(f'{lang}: judge trained on {frames / 6000:.0f} min')
    path = lambda f, combo: f['path'] if combo is None else mask(station, work, f, *combo)
    tune = [c[3] for combo in [None] + combos for f in mine if f['role'] == 'tune' for c in hear(model, f, path(f, combo), by_id, texts)[0]]
    scale = float(judge.calibrate(tune))
    heard = {}
    for combo in [None] + combos:
        choices, sounds = [], []
        for f in mine:
            if f['role'] == 'test':
                c, s = hear(model, f, path(f, combo), by_id, texts)
                choices += [(i, kind, voice, llr, 1 / (1 + math.exp(min(50, scale * llr)))) for i, kind, voice, llr in c]
                sounds += s
        heard[combo] = choices, sounds
        say(f'{lang} {combo}: {len(choices)} choices, {sum(c[3] <= 0 for c in choices)} wrong')
    say(f'{lang}: scale {scale:.3f} from {len(tune)} choices, {sum(x <= 0 for x in tune)} of them wrong')
    return heard, names


def count(choices, left_out):
    """{(lang, kind): [n, errors, reversals]}"""
    t = collections.defaultdict(lambda: [0, 0, 0])
    for i, kind, _, llr, other in choices:
        if i not in left_out:
            t[kind][0] += 1
            t[kind][1] += int(llr <= 0)
            t[kind][2] += int(other >= CONFIDENT)
    return t


def allowed(kinds):
    """A mode may be ordered when reversals over all, and of negation in each language, are at most 1 %, and of no kind surely more (Wilson, 95 %)."""
    n, r = sum(k['n'] for k in kinds.values()), sum(k['reversals'] for k in kinds.values())
    if n == 0 or r > MOST * n:
        return False
    return all(wilson(k['reversals'], k['n'])[0] <= MOST and (not name.endswith('negation') or k['reversals'] <= MOST * k['n']) for name, k in kinds.items())


def main():
    a = argparse.ArgumentParser()
    a.add_argument('--station', default=os.path.join(ROOT, 'bin/station'))
    a.add_argument('--work', default=os.path.join(ROOT, 'var/words'))
    a.add_argument('--text', default=os.path.join(ROOT, '../shared/attack/voice/azerbaijani.txt'))
    a.add_argument('--only', default='')
    a.add_argument('--light', action='store_true', help='only the first test voice and tuning voice of each language, half of the masked training speech')
    a.add_argument('--dry', action='store_true', help='print, write nothing')
    o = a.parse_args()
    began = time.time()
    say = lambda *t: print(f'[{time.time() - began:5.0f} s]', *t, flush=True)
    os.makedirs(o.work + '/clear', exist_ok=True)
    pairs, az60 = read_pairs(), open(o.text, encoding='utf-8').read().split('\n')[:60]
    files = make_files(o.work, az60, pairs)
    if o.light:
        files = [f for f in files if f['role'] == 'train' or f['name'].split('-')[2] == '0']
    say(f'{len(files)} files, {sum(f["parts"][-1]["end"] for f in files) / RATE / 60:.0f} min of speech')
    combos = [c for c in COMBOS if not o.only or '/'.join(c) in o.only.split(',')]
    able = []
    for c in combos:
        t = time.time()
        if mask(o.station, o.work, files[0], *c):
            able.append(c)
            for f in files:
                if f['role'] != 'train':
                    mask(o.station, o.work, f, *c)
            say('masked', *c, f'{time.time() - t:.0f} s')
        else:
            say('this station has no', *c)
    results = {lang: judge_language(lang, files, pairs, o.station, o.work, able, say, 2 if o.light else 1) for lang in VOICES}
    left_out = {}
    for heard, _ in results.values():
        for i, _, voice, llr, _ in heard[None][0]:
            if llr <= 0:
                left_out.setdefault(i, []).append(voice)
    report(o, pairs, results, left_out, able, say)


if __name__ == '__main__':
    import report as _r
    report = _r.report
    main()
