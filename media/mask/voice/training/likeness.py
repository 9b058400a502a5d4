"""Fits likeness.bin, and measures it: how surely the station tells a voice of now from the voice of the beginning.

    /usr/bin/python3 likeness.py sounds ATTACK/voice FOLDER        # the kit's speech, a file for each speaker (and chapter), 48 kHz
    (in media/mask/voice) LIKENESS=FOLDER go test -tags training -run TestDumpOfTheLikeness .
    /usr/bin/python3 likeness.py fit FOLDER ../likeness.bin        # training speakers; thresholds on the thirty of held-out.txt
    /usr/bin/python3 likeness.py measure FOLDER ../likeness.bin    # the kit's ten readers, who are in neither

Trained on the kit's training speakers (AN4 and speechocean762) without the thirty; chosen on the thirty; the ten readers of eval/ are read by measure alone.
"""
import collections, glob, os, sys
import numpy as np

CEPS, KEPT, NOW, FIRST = 20, 24, 20, 40
DIMS = 3 * CEPS + 3
HERE = os.path.dirname(os.path.abspath(__file__))


def sounds(kit, folder):
    import soundfile as sf
    from scipy.signal import resample_poly
    os.makedirs(folder, exist_ok=True)
    all_ = collections.defaultdict(list)
    for pattern, tag in (('train/an4/*/*', 'an4'), ('train/so762/*/*', 'so'), ('eval/*/*', 'eval')):
        for f in sorted(glob.glob(os.path.join(kit, pattern))):
            if f.endswith(('.flac', '.wav')):
                x, r = sf.read(f, dtype='float32')
                speaker, name = f.split('/')[-2], os.path.basename(f).rsplit('.', 1)[0]
                all_[f'{tag}~{speaker}' + ('~' + name.split('-')[1] if tag == 'eval' else '')].append(resample_poly(x, 48000 // r, 1))
    for k, v in all_.items():
        np.concatenate(v).astype('<f4').tofile(f'{folder}/{k}.f32')


def parts(folder, tag):
    """{name: one row of sums for each half second of speech}; a row: frames, moves, pitched, pitch, pitch2, cep, cep2, move2"""
    out = {}
    for f in sorted(glob.glob(f'{folder}/{tag}~*.parts')):
        out[os.path.basename(f)[len(tag) + 1:-6]] = np.fromfile(f, '<f8').reshape(-1, 5 + 3 * CEPS)
    return out


def vector(rows):
    s = rows.sum(0)
    n, m, p = max(1, s[0]), max(1, s[1]), max(1, s[2])
    mean = s[5:5 + CEPS] / n
    high = s[3] / p
    return np.r_[mean, np.sqrt(np.maximum(1e-6, s[5 + CEPS:5 + 2 * CEPS] / n - mean ** 2)), np.sqrt(np.maximum(1e-6, s[5 + 2 * CEPS:] / m)),
                 high, np.sqrt(max(1e-6, s[4] / p - high ** 2)), s[2] / n]


def windows(rows, n, step):
    return [vector(rows[i:i + n]) for i in range(0, len(rows) - n + 1, step)]


def dev():
    return set(open(os.path.join(HERE, 'held-out.txt')).read().split())


def sexes(kit_tsv):
    out = {}
    for f in kit_tsv:
        head, *lines = open(f).read().splitlines()
        h = head.split('\t')
        for l in lines:
            c = l.split('\t')
            out[c[h.index('spk')]] = c[h.index('sex')]
    return out


def train(folder):
    hold = dev()
    people = {('an4', k): v for k, v in parts(folder, 'an4').items() if k not in hold}
    people.update({('so', k): v for k, v in parts(folder, 'so').items()})
    return people


def model(people, n=10, reg=0.1):
    """Two covariances of windows of n parts: within and between speakers; between is taken within each corpus, so that microphones of a corpus are not learnt."""
    X, y, tag = [], [], []
    for (t, k), rows in people.items():
        w = windows(rows, n, n)
        if len(w) >= 2:
            X += w; y += [k] * len(w); tag += [t] * len(w)
    X, y, tag = np.array(X), np.array(y), np.array(tag)
    for t in set(tag):
        X[tag == t] -= np.mean([X[(tag == t) & (y == k)].mean(0) for k in set(y[tag == t])], 0)
    cl = sorted(set(y))
    M = np.array([X[y == k].mean(0) for k in cl]); cnt = np.array([(y == k).sum() for k in cl])
    W = sum((X[y == k] - M[i]).T @ (X[y == k] - M[i]) for i, k in enumerate(cl)) / (len(X) - len(cl))
    d = np.sqrt(np.diag(W)); W = d[:, None] * ((1 - reg) * W / np.outer(d, d) + reg * np.eye(DIMS)) * d[None]
    B = np.cov(M.T) - W * np.mean(1 / cnt)
    w, Q = np.linalg.eigh(W); T = Q / np.sqrt(w)
    b, Q2 = np.linalg.eigh((T.T @ B @ T + T.T @ B.T @ T) / 2)
    o = np.argsort(-b)[:KEPT]
    return X.mean(0), (T @ Q2[:, o]).T, np.maximum(b[o], 1e-3), n


def odds(t, a, b):
    mean, P, between, within, start = t
    a, b = (a - mean) @ P.T, (b - mean) @ P.T
    gain = between / (between + start)
    m, v, w = gain * a, between * start / (between + start) + within, between + within
    return (0.5 * (b * b / w - (b - m) ** 2 / v + np.log(w / v))).sum(-1)


def scores(t, folder, tag, keep, first, now, sex):
    """Scores of the same and of other speakers of the same sex: the beginning of one against later windows. A name with / is of the same
    speaker in another session."""
    p = {k: v for k, v in parts(folder, tag).items() if keep(k) and len(v) >= now}
    same, other = collections.defaultdict(list), collections.defaultdict(list)
    for k, v in p.items():
        if len(v) < first:
            continue
        a = vector(v[:first])
        for k2, v2 in p.items():
            s, s2 = k.split('~')[0], k2.split('~')[0]
            if k == k2:
                same[s] += [odds(t, a, b) for b in windows(v2[first:], now, now // 2)]
            elif s == s2:
                same[s + '/'] += [odds(t, a, b) for b in windows(v2, now, now // 2)]
            elif sex[s] == sex[s2]:
                other[s] += [odds(t, a, b) for b in windows(v2, now, now // 2)]
    return same, other


def eer(g, i):
    th = np.sort(np.r_[g, i])
    fr, fa = np.searchsorted(np.sort(g), th) / len(g), 1 - np.searchsorted(np.sort(i), th) / len(i)
    j = np.argmin(abs(fr - fa))
    return 50 * (fr[j] + fa[j])


def boot(same, other, f, n=400):
    """value and 90 % interval of f(same, other) over speakers drawn with replacement"""
    r, names = np.random.RandomState(0), sorted(other)
    flat = lambda d, ns: np.concatenate([np.zeros(0)] + [np.asarray(d[k], float) for k in ns if len(d.get(k, []))])
    drawn = [(flat(same, c), flat(other, c)) for c in (r.choice(names, len(names)) for _ in range(n))]
    v = [f(g, i) for g, i in drawn if len(g) and len(i)]
    return f(flat(same, names), flat(other, names)), np.percentile(v, 5), np.percentile(v, 95)


def fit(folder, out):
    people = train(folder)
    _, P, b, n = model(people, n=8, reg=0.1)
    mean = np.mean([vector(v) for (t, _), v in people.items() if t == 'an4'], 0)
    # Half of what one speaker varies by is the choice of sounds and falls with the length; the other half stays.
    left = lambda m: 0.5 + 0.5 * n / m
    kit = os.environ['KIT']
    sex = sexes([kit + '/train/an4.tsv', kit + '/train/so762.tsv'])
    # Thresholds: on the thirty, and on half of the speech that the station compares, so that they are not too bold where she speaks otherwise than the thirty did.
    same, other = scores((mean, P, b, left(10), left(20)), folder, 'an4', lambda k: k in dev(), 20, 10, sex)
    s, o = np.concatenate(list(same.values())), np.concatenate([other[k] for k in other if len(other[k])])
    low, high = np.percentile(s, 0.5) - 4.0, np.percentile(o, 99)
    np.concatenate([mean, P.ravel(), b, [left(NOW), left(FIRST), high, low]]).astype('<f4').tofile(out)
    print('within %.2f start %.2f; same above %.1f, different below %.1f; genuine %.1f..%.1f, others median %.1f' % (left(NOW), left(FIRST), high, low, s.min(), np.median(s), np.median(o)))


def load(path):
    f = np.fromfile(path, '<f4').astype(float)
    mean, P, b, rest = f[:DIMS], f[DIMS:DIMS + KEPT * DIMS].reshape(KEPT, DIMS), f[DIMS + KEPT * DIMS:-4], f[-4:]
    return (mean, P, b, rest[0], rest[1]), rest[2], rest[3]


def measure(folder, path):
    kit = os.environ['KIT']
    t, high, low = load(path)
    sex = sexes([kit + '/train/an4.tsv', kit + '/train/so762.tsv', kit + '/eval/transcripts.tsv'])

    def row(what, same, other):
        print('## %s: %d speakers, %d windows of the same, %d of others of the same sex' % (what, len(other), sum(map(len, same.values())), sum(map(len, other.values()))))
        for name, f in (('EER %', eer), ('same person: different %', lambda g, i: 100 * np.mean(g < low)), ('same person: unsure %', lambda g, i: 100 * np.mean((g >= low) & (g <= high))),
                        ('another: same %', lambda g, i: 100 * np.mean(i > high)), ('another: unsure %', lambda g, i: 100 * np.mean((i >= low) & (i <= high))), ('another: different %', lambda g, i: 100 * np.mean(i < low))):
            print('%-28s %5.1f [%.1f-%.1f]' % ((name,) + tuple(boot(same, other, f))))

    for what, tag, keep, first, now in (('thirty of AN4, one microphone for all (thresholds are chosen on them, on less speech)', 'an4', lambda k: k in dev(), 30, 20),
                                        ('ten readers, the same chapter', 'eval', lambda k: True, 20, 20)):
        same, other = scores(t, folder, tag, keep, first, now, sex)
        row(what, {k: v for k, v in same.items() if not k.endswith('/')}, other)
        if tag == 'eval':
            same, other = scores(t, folder, tag, keep, 20, now, sex)
            row('ten readers, another chapter (another day)', {k[:-1]: v for k, v in same.items() if k.endswith('/')}, other)


if __name__ == '__main__':
    {'sounds': sounds, 'fit': fit, 'measure': measure}[sys.argv[1]](*sys.argv[2:])
