"""Fits person.bin, and measures it: how surely the station tells a face of now from the face of the beginning.

    /usr/bin/python3 person.py pictures ATTACK/face FOLDER        # the kit's photos as short takes, and its clips, as luma planes
    (in media/mask/face) PERSON=FOLDER go test -tags training -run TestDumpOfThePerson .
    /usr/bin/python3 person.py fit FOLDER ../person.bin           # ORL persons 1-28; thresholds on 29-40
    /usr/bin/python3 person.py measure FOLDER ../person.bin       # the five persons of the clips, who are in neither

Trained on ORL persons 1 to 28, chosen on 29 to 40; the clips are read by measure alone.
"""
import glob, os, subprocess, sys
import numpy as np

DIMS, KEPT, FIRST, NOW = 512, 24, 20, 10
TRAIN = range(1, 29)


def pictures(kit, folder):
    import cv2
    sys.path.insert(0, kit)
    import json
    import material
    os.makedirs(folder, exist_ok=True)
    r = np.random.RandomState(5)
    for s in range(1, 41):
        for f in sorted(glob.glob(f'{kit}/faces/orl/s{s}/*.pgm')):
            photo = cv2.imread(f)
            frames = []
            for _ in range(4):  # another place, size, tilt, exposure and slope of light each time
                k = r.uniform(1.6, 2.6)
                m = cv2.getRotationMatrix2D((46, 56), r.uniform(-6, 6), k)
                m[:, 2] += (320 - 46 + r.uniform(-60, 60), 230 - 56 + r.uniform(-30, 30))
                x = cv2.warpAffine(photo, m, (640, 480), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)[:, :, 0].astype(float)
                slope = 1 + r.uniform(-.3, .3) * (np.arange(640)[None] - 320) / 320 + r.uniform(-.2, .2) * (np.arange(480)[:, None] - 240) / 240
                frames.append(np.clip(x * slope * r.uniform(.75, 1.2) + r.normal(0, 2, x.shape), 0, 255).astype(np.uint8))
            np.stack(frames).tofile(f'{folder}/still~{s}~{os.path.basename(f)[:-4]}.gray')
    truth = json.load(open(f'{kit}/clips/truth.json'))
    for name in truth:
        out = subprocess.run(['ffmpeg', '-v', 'error', '-i', f'{kit}/clips/{name}', '-s', '640x480', '-f', 'rawvideo', '-pix_fmt', 'gray', '-'], stdout=subprocess.PIPE).stdout
        frames = np.frombuffer(out, np.uint8).reshape(-1, 480, 640)
        for person, a, b in truth[name]['people'] or [[name.split('_640')[0], 0, len(frames)]]:
            frames[a:b].tofile(f'{folder}/clip~{person}.gray')


def looks(path):
    d = np.fromfile(path, '<f4').reshape(-1, 1 + DIMS)
    return d[:, 0].astype(int), d[:, 1:].astype(float)


def stills(folder, people):
    out = {}
    for f in sorted(glob.glob(f'{folder}/still~*.hog')):
        s, n = os.path.basename(f)[:-4].split('~')[1:]
        if int(s) in people:
            h = looks(f)[1]
            if len(h):
                out.setdefault(int(s), []).append(h)
    return out


def odds(t, a, b):
    between, within, start = t
    gain = between / (between + start)
    m, v, w = gain * a, between * start / (between + start) + within, between + within
    return (0.5 * (b * b / w - (b - m) ** 2 / v + np.log(w / v))).sum(-1)


def eer(g, i):
    th = np.sort(np.r_[g, i])
    fr, fa = np.searchsorted(np.sort(g), th) / len(g), 1 - np.searchsorted(np.sort(i), th) / len(i)
    j = np.argmin(abs(fr - fa))
    return 50 * (fr[j] + fa[j])


def model(people, reg=0.3, pca=120):
    X = np.concatenate([h for v in people.values() for h in v])
    y = np.concatenate([[k] * len(h) for k, v in people.items() for h in v])
    mean = X.mean(0)
    _, d, V = np.linalg.svd(X - mean, full_matrices=False)
    Z, V = (X - mean) @ V[:pca].T, V[:pca]
    cl = sorted(set(y)); M = np.array([Z[y == k].mean(0) for k in cl]); cnt = np.array([(y == k).sum() for k in cl])
    W = sum((Z[y == k] - M[i]).T @ (Z[y == k] - M[i]) for i, k in enumerate(cl)) / (len(Z) - len(cl))
    W = (1 - reg) * W + reg * np.eye(pca) * np.trace(W) / pca
    B = np.cov(M.T)
    w, Q = np.linalg.eigh(W); T = Q / np.sqrt(w)
    b, Q2 = np.linalg.eigh(T.T @ B @ T)
    o = np.argsort(-b)[:KEPT]
    return mean, (T @ Q2[:, o]).T @ V, np.maximum(b[o], 1e-3)


def pairs(t, P, mean, people, n):
    """the mean of the looks of n photos against the mean of n others, of the same and of other persons"""
    r, g, i = np.random.RandomState(0), [], []
    z = {k: [((h - mean) @ P.T).mean(0) for h in v] for k, v in people.items()}
    for k, v in z.items():
        for _ in range(20):
            o = r.permutation(len(v)); a, b = np.mean([v[j] for j in o[:n]], 0), np.mean([v[j] for j in o[n:2 * n]], 0)
            g.append(odds(t, a, b))
            k2 = r.choice([q for q in z if q != k]); o2 = r.permutation(len(z[k2]))
            i.append(odds(t, a, np.mean([z[k2][j] for j in o2[:n]], 0)))
    return np.array(g), np.array(i)


def fit(folder, out):
    people = stills(folder, set(TRAIN)); dev = stills(folder, set(range(1, 41)) - set(TRAIN))
    print('photos found: train %d dev %d of 280, 120' % (sum(map(len, people.values())), sum(map(len, dev.values()))))
    for reg in (.1, .3, .5):
        for pca in (60, 120, 200):
            mean, P, b = model(people, reg, pca)
            print(reg, pca, 'dev EER, 1 photo %.1f, 3 photos %.1f' % tuple(eer(*pairs((b, .7, .7), P, mean, dev, n)) for n in (1, 3)))
    mean, P, b = model(people)
    within, start = .6, .6  # most of what one face varies by is turning and light, which last: it does not fall with the number of looks
    g, i = pairs((b, within, start), P, mean, dev, 3)
    low, high = np.percentile(g, .5) - 4, np.percentile(i, 99)
    np.concatenate([mean, P.ravel(), b, [within, start, high, low]]).astype('<f4').tofile(out)
    print('same above %.1f, different below %.1f; genuine %.1f..%.1f others median %.1f' % (high, low, g.min(), np.median(g), np.median(i)))


def load(path):
    f = np.fromfile(path, '<f4').astype(float)
    return f[:DIMS], f[DIMS:DIMS + KEPT * DIMS].reshape(KEPT, DIMS), f[DIMS + KEPT * DIMS:-4], f[-4:]


def measure(folder, path):
    mean, P, b, (within, start, high, low) = load(path)
    t = (b, within, start)
    dev = stills(folder, set(range(1, 41)) - set(TRAIN))
    g, i = pairs(t, P, mean, dev, 3)

    def row(what, g, i):
        print('## %s: %d same, %d other; EER %.1f %%' % (what, len(g), len(i), eer(g, i)))
        for n, v in (('same person', g), ('another person', i)):
            print('  %-14s same %5.1f unsure %5.1f different %5.1f %%   (median odds %.1f)' % (n, 100 * np.mean(v > high), 100 * np.mean((v >= low) & (v <= high)), 100 * np.mean(v < low), np.median(v)))
    row('ORL persons 29-40 (thresholds are chosen on them)', g, i)
    clips = {}
    for f in sorted(glob.glob(f'{folder}/clip~*.hog')):
        n, h = looks(f)
        if len(n):
            clips[os.path.basename(f)[5:-4]] = (n, (h - mean) @ P.T)
    own = [k for k in clips if not k.startswith('edited')]
    g, i = [], []
    for k in own:
        n, z = clips[k]; half = n < n.max() / 2
        for step in range(6):  # six looks, a few pictures apart, of each half: a clip lasts three to ten seconds
            a, b_ = z[half][step::6][:6].mean(0), z[~half][step::6][:6].mean(0)
            g.append(odds(t, a, b_))
            i += [odds(t, a, clips[q][1][step::6][:6].mean(0)) for q in own if q != k]
    row('clips: the other half, and the other four persons (%d persons: %s)' % (len(own), ', '.join('%s %d looks' % (k, len(clips[k][0])) for k in own)), np.array(g), np.array(i))
    home = clips.get('home')
    for k in clips:
        if k.startswith('edited') and home is not None:
            n, z = clips[k]
            s = [odds(t, home[1][:60:3].mean(0), z[j:j + 30:3].mean(0)) for j in range(0, len(z) - 30, 15)]
            print('  %-28s against the plain clip of the same man: odds %s' % (k, ' '.join('%.0f' % v for v in s)))


if __name__ == '__main__':
    {'pictures': pictures, 'fit': fit, 'measure': measure}[sys.argv[1]](*sys.argv[2:])
