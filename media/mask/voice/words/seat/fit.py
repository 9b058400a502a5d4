"""Fits what seat.bin holds: sounds of speakers at large (a mixture), how far other speakers' means lie from hers, and the weights of the evidence.

    python3 scenes.py ../../../../../../shared/attack/voice/train SCENES 0 42
    (in media/mask/voice) SEAT_SCENES=SCENES go test -tags seatdump -run TestDumpOfTheEar .
    python3 fit.py SCENES ../../seat.bin
"""
import collections, glob, sys
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture

COLUMNS, MIX, CEPS = 20, 32, 12
POWER, FLOOR, ACTIVE, PITCH, VOICED, TONAL, LINE, FALL, CEP = range(9)


def read(folder):
    out = {}
    for n in sorted(glob.glob(folder + '/*.ear')):
        turns = [line.split('\t') for line in open(n[:-4] + '.tsv')]
        out[n] = np.fromfile(n, np.float32).reshape(-1, COLUMNS).astype(float), [(t[0], float(t[1]), int(t[2]) // 160, int(t[3]) // 160) for t in turns]
    return out


def spoken(d, turns, *labels):
    x = np.concatenate([d[a:b] for l, _, a, b in turns if l in labels])
    return x[x[:, ACTIVE] > 0]


def mixture(scenes):
    rows, away = [], []
    for d, turns in scenes.values():
        her = spoken(d, turns, 'rehearsal')
        mean = her[:, CEP:].mean(0)
        rows.append(her[::2, CEP:] - mean)
        for l, _, a, b in turns:
            y = d[a:b]
            y = y[y[:, ACTIVE] > 0]
            if l in ('beside', 'whisper') and len(y) > 80:
                away.append(y[:, CEP:].mean(0) - mean)
    g = GaussianMixture(MIX, covariance_type='diag', random_state=1, max_iter=60, reg_covar=0.02).fit(np.concatenate(rows))
    return g.weights_, g.means_, g.covariances_, 0.7 * np.mean(np.square(away), 0)


def likely(x, w, m, v):
    a = np.log(w) - 0.5 * np.log(2 * np.pi * v).sum(1) - 0.5 * ((x[:, None] - m) ** 2 / v).sum(2)
    top = a.max(1)
    return top + np.log(np.exp(a - top[:, None]).sum(1)), a


def learn(her, world):
    w, m, v, _ = world
    mean = her[:, CEP:].mean(0)
    x = her[:, CEP:] - mean
    l, a = likely(x, w, m, v)
    p = np.exp(a - l[:, None])
    pitch = her[her[:, VOICED] > 0.6, PITCH]
    mid = np.median(pitch)
    return dict(mean=mean, m=(p.T @ x + 16 * m) / (p.sum(0) + 16)[:, None], pitch=mid, spread=max(0.12, 1.48 * np.median(abs(pitch - mid))),
                level=np.percentile(her[:, POWER], 75), fall=np.percentile(her[:, FALL], 95))


def evidence(d, her, world):
    """Rows: frames counted, voice, pitch, level, fall, share voiced. The same as seatknown.go."""
    w, m, v, away = world
    x = d[:, CEP:] - her['mean']
    voice = np.clip(likely(x, w, her['m'], v)[0] - likely(x, w, m, v + away)[0], -6, 6)
    z = (d[:, PITCH] - her['pitch']) / her['spread']
    pitch = np.logaddexp(np.log(.9) - 0.5 * z * z - np.log(her['spread'] * 2.5066), np.log(.1) - np.log(2.5)) + np.log(2.5)
    pitch = np.clip(np.where(d[:, VOICED] > 0.6, pitch, 0), -2, 2)
    out, n, sv, sp, top, fall, quiet, share = np.zeros((len(d), 6)), 0, 0, 0, -90, 0, 0, 0
    for i in range(len(d)):
        if d[i, ACTIVE] == 0:
            quiet += 1
            if quiet == 30:
                n, sv, sp, top, fall, share = 0, 0, 0, -90, 0, 0
        else:
            quiet, n = 0, min(60, n + 1)
            sv += (voice[i] - sv) / n; sp += (pitch[i] - sp) / n; share += ((d[i, VOICED] > 0.6) - share) / n
            top = max(top - 0.15, d[i, POWER])
        fall = max(fall * 0.993, d[i, FALL])
        out[i] = n, sv, sp, max(-30, min(6, top - her['level'])), min(1.5, fall / her['fall']), share
    return out


def terms(e):
    """What is weighed: each measure, and each times how much of it there is."""
    u = e[:, :1] / 60
    f = e[:, 1:]
    return np.concatenate([np.ones_like(u), f, u, f * u], 1)


def gather(scenes, world):
    rows = []
    for name, (d, turns) in scenes.items():
        her = learn(spoken(d, turns, 'rehearsal'), world)
        e = evidence(d, her, world)
        for l, db, a, b in turns:
            if l not in ('rehearsal', 'noise'):
                rows.append((l, db, e[a:b], d[a:b]))
    return rows


def weigh(rows):
    X, y, s = [], [], []
    for l, _, e, _ in rows:
        her = l.startswith('her')
        for n in (12, 20, 30, 45, 60):
            at = np.flatnonzero(e[:, 0] >= n)
            if len(at):
                X.append(e[at[:: max(1, len(at) // 4)]][:4]); y += [her] * len(X[-1]); s += [3 if her else 1] * len(X[-1])
    return LogisticRegression(C=1, max_iter=3000).fit(terms(np.concatenate(X)), y, sample_weight=s)


if __name__ == '__main__':
    scenes = read(sys.argv[1])
    names = sorted(scenes)
    fit = {n: scenes[n] for n in names if int(n[-7:-4]) < 42}
    world = mixture(fit)
    rows = gather(fit, world)
    lr = weigh(rows)
    weights = np.concatenate([lr.coef_[0]]); weights[0] += lr.intercept_[0]
    w, m, v, away = world
    np.concatenate([np.log(w) - 0.5 * np.log(2 * np.pi * v).sum(1), m.ravel(), (1 / v).ravel(),
                    np.log(w) - 0.5 * np.log(2 * np.pi * (v + away)).sum(1), (1 / (v + away)).ravel(), weights]).astype('<f4').tofile(sys.argv[2])
    print('weights', np.round(weights, 2))
    for which, r in (('fit', rows), ('apart', gather({n: scenes[n] for n in names if int(n[-7:-4]) >= 42}, world))):
        by = collections.defaultdict(list)
        for l, _, e, _ in r:
            for n in (15, 30, 60):
                at = np.flatnonzero(e[:, 0] >= n)
                if len(at):
                    by[l, n].append(terms(e[at[:1]]) @ weights)
        for k, x in sorted(by.items()):
            print(which, *k, len(x), np.round(np.percentile(x, [1, 5, 25, 50, 75, 95]), 1))
