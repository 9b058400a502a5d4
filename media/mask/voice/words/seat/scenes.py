"""Scenes for the seat: first the seated speaker alone (the rehearsal), then turns of hers, soft answers of hers, and what is not her. Real speech from
the licensed training folder through simulated rooms; other sounds made here. Deterministic. Raw float32 at 16 kHz with a table of the turns."""
import csv, os, subprocess
import numpy as np
import soundfile
from scipy.signal import fftconvolve, lfilter, resample_poly

RATE = 16000


def speakers(train):
    """{speaker: [utterances]} of AN4 (seats, ten utterances each) and of speechocean762 (others)."""
    out = {}
    for table in ('an4', 'so762'):
        for r in csv.DictReader(open(f'{train}/{table}.tsv'), delimiter='\t'):
            out.setdefault((table, r['spk'], r['sex']), []).append(f'{train}/{r["file"]}')
    return out


def load(path):
    x = soundfile.read(path)[0].astype(np.float64)
    return x / (rms(x) + 1e-9)


def rms(x):
    """Level of what is loud in x."""
    p = x[:len(x) // 320 * 320].reshape(-1, 320)
    p = (p ** 2).mean(1)
    return np.sqrt(p[p > p.max() / 100].mean())


def room(rng, x, t60, direct):
    """x in a room with the given reverberation time (s), direct: direct over reverberant sound, dB."""
    n = int(t60 * RATE)
    tail = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
    tail = lfilter([0.6], [1, -0.4], tail)  # air and walls take the highs
    gap = int(rng.uniform(0.002, 0.008) * RATE)
    h = np.zeros(n + gap)
    h[gap:] = tail
    h *= 10 ** (-direct / 20) / np.sqrt((h ** 2).sum())
    h[0] += 1
    return fftconvolve(x, h)


def whisper(rng, x):
    """x with its excitation replaced by noise (LPC, order 18)."""
    out, n = np.zeros(len(x) + 640), 480
    w = np.hanning(n)
    for at in range(0, len(x) - n, n // 2):
        f = x[at:at + n] * w
        r = np.correlate(f, f, 'full')[n - 1:n + 18]
        r[0] = r[0] * 1.001 + 1e-9
        R = r[np.abs(np.arange(18)[:, None] - np.arange(18))]
        a = np.linalg.solve(R, r[1:])
        g = np.sqrt(max(1e-12, (r[0] - a @ r[1:]) / n))
        y = lfilter([g], np.concatenate([[1], -a]), rng.standard_normal(n))
        out[at:at + n] += y * w
    return lfilter([1, -0.7], [1], out[:len(x)])


def ring(rng, seconds, kind):
    t = np.arange(int(seconds * RATE)) / RATE
    if kind == 0:  # a desk telephone's electronic bell
        x = np.sin(2 * np.pi * np.where((t * 16).astype(int) % 2, 1000, 1250).cumsum() / RATE) + 0.3 * np.sin(2 * np.pi * np.where((t * 16).astype(int) % 2, 3000, 3750).cumsum() / RATE)
        return x * ((t % 3) < 1)
    if kind == 1:  # ringing tone of two frequencies
        return (np.sin(2 * np.pi * 440 * t) + np.sin(2 * np.pi * 480 * t)) * ((t % 3) < 2)
    notes = 440 * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 12], size=len(t) // 2400 + 1) / 12)  # a mobile's melody
    f = np.repeat(notes, 2400)[:len(t)]
    env = np.exp(-6 * (np.arange(len(t)) % 2400) / 2400)
    p = 2 * np.pi * np.cumsum(f) / RATE
    return env * (np.sin(p) + 0.4 * np.sin(2 * p) + 0.2 * np.sin(3 * p))


def typing(rng, seconds):
    x = np.zeros(int(seconds * RATE))
    at = 0.1
    while at < seconds - 0.1:
        n = int(rng.uniform(0.008, 0.025) * RATE)
        c = rng.standard_normal(n) * np.exp(-5 * np.arange(n) / n)
        c = lfilter([1, -rng.uniform(0, 0.9)], [1, -1.2 * np.cos(rng.uniform(0.5, 1.5)), 0.6], c)
        i = int(at * RATE)
        x[i:i + n] += c * rng.uniform(0.4, 1)
        if rng.random() < 0.6:  # the key comes up
            j = i + int(rng.uniform(0.06, 0.12) * RATE)
            x[j:j + n] += 0.3 * c[:len(x[j:j + n])]
        at += rng.uniform(0.09, 0.35)
    return x


def sung(rng, seconds):
    """A call to prayer's like: long vowels that glide and tremble."""
    n = int(seconds * RATE)
    f, at, base = np.zeros(n), 0, rng.uniform(150, 230)
    while at < n:
        k = int(rng.uniform(0.7, 2.5) * RATE)
        k = min(k, n - at)
        a, b = base * 2 ** (rng.choice([0, 1, 4, 5, 7]) / 12), base * 2 ** (rng.choice([0, 1, 4, 5, 7]) / 12)
        g = np.linspace(0, 1, k) ** 3
        f[at:at + k] = a + (b - a) * g + 3 * np.sin(2 * np.pi * 5.5 * np.arange(k) / RATE)
        at += k
    p = np.cumsum(f) / RATE
    x = np.diff(np.floor(p), prepend=0) * 1.0
    vowel = [(750, 1250, 2500), (450, 850, 2500), (320, 2200, 2900)]
    out, at = np.zeros(n), 0
    while at < n:
        k = min(int(rng.uniform(0.6, 2) * RATE), n - at)
        y = np.zeros(k)
        for j, hz in enumerate(vowel[rng.integers(3)]):
            r = np.exp(-np.pi * (70 + 40 * j) / RATE)
            y += lfilter([1 / (j + 1)], [1, -2 * r * np.cos(2 * np.pi * hz / RATE), r * r], x[at:at + k])
        out[at:at + k] = y
        at += k
    return out


def announcement(rng, text, voice):
    raw = subprocess.run(['espeak-ng', '-v', voice, '-s', '150', '--stdout', text], check=True, capture_output=True).stdout
    x = np.frombuffer(raw[44:], np.int16) / 32768
    return resample_poly(x, 320, 441)


DING = ['Diqqət, Gəncəyə gedən qatar ikinci platformadan yola düşür.', 'Hörmətli sərnişinlər, Bakı qatarı on dəqiqə gecikir.']
SOFT = (-9, -13, -17)


def turns(rng, seat, others):
    """The scene after the rehearsal: (label, sound at its level relative to her own, dB)."""
    t60, out = rng.uniform(0.25, 0.6), []
    near = lambda x: room(rng, x, t60, rng.uniform(5, 9))
    own = seat[6:]
    for i, u in enumerate(own):
        x = near(load(u))
        out.append((('her', 0), x))
        s = SOFT[i % 3]
        soft = lfilter([0.65], [1, -0.35], x[:int(RATE * rng.uniform(0.5, 1.5))])  # who speaks softly has less of the highs
        out.append((('her_soft', s), soft * 10 ** (s / 20)))
    for i, u in enumerate(others):
        x = load(u)
        kind = ('beside', 'beside', 'whisper')[i % 3]
        db = float(rng.choice([-6, -8, -10, -12, -14, -17, -20])) if kind == 'beside' else float(rng.choice([-12, -16, -20, -24]))
        if kind == 'whisper':
            x = whisper(rng, x)
        y = room(rng, x, t60, rng.uniform(-5, 1))
        out.append(((kind, db), y / rms(y) * 10 ** (db / 20)))
    level = lambda: float(rng.choice([-6, -10, -14, -18, -22]))
    far = [('ring', ring(rng, 5, i)) for i in range(3)] + [('typing', typing(rng, 5))]
    far = [(k, room(rng, x, t60, rng.uniform(-4, 4))) for k, x in far]
    hall = lambda x: lfilter([1, -0.9], [1, -0.6], room(rng, x, rng.uniform(1.5, 3), -12))
    far += [('announcement', hall(announcement(rng, d, v))) for d, v in zip(DING, rng.choice(['az', 'az+f3', 'az+m3', 'az+f5'], 2))]
    far.append(('sung', hall(sung(rng, 6))))
    for k, x in far:
        db = level()
        out.append(((k, db), x / rms(x) * 10 ** (db / 20)))
    order = rng.permutation(len(out))
    return [out[i] for i in order]


def scene(seed, seat, others):
    """Sound, and the table: (label, dB, first sample, end)."""
    rng = np.random.default_rng(seed)
    level = 10 ** (rng.uniform(-32, -18) / 20)
    t60 = rng.uniform(0.25, 0.6)
    parts, table, at = [], [], 0
    def add(label, db, x, gap):
        nonlocal at
        table.append((label, db, at, at + len(x)))
        parts.extend([x, np.zeros(int(gap * RATE))])
        at += len(x) + int(gap * RATE)
    add('noise', 0, np.zeros(RATE), 0)
    for u in seat[:6]:
        add('rehearsal', 0, room(rng, load(u), t60, rng.uniform(5, 9)), rng.uniform(0.3, 1))
    for (label, db), x in turns(rng, seat, others):
        add(label, db, x, rng.uniform(0.35, 1.2))
    x = np.concatenate(parts) * level
    hum = 10 ** (rng.uniform(-78, -62) / 20)
    noise = lfilter([1], [1, -0.8], rng.standard_normal(len(x)))
    return np.clip(x + hum * noise / noise.std(), -1, 1).astype(np.float32), table


def make(train, to, first, last):
    who = speakers(train)
    seats = sorted(k for k, v in who.items() if k[0] == 'an4' and len(v) >= 9)
    rest = sorted(k for k in who if k[0] == 'so762')
    os.makedirs(to, exist_ok=True)
    for i in range(first, min(last, len(seats))):
        rng = np.random.default_rng([5, i])
        pool = [rest[j] for j in rng.permutation(len(rest))[:5]] + [seats[j] for j in rng.permutation(len(seats))[:5] if j != i]
        others = [who[k][int(rng.integers(len(who[k])))] for k in pool]
        x, table = scene([6, i], who[seats[i]], others)
        x.tofile(f'{to}/{i:03d}.f32')
        with open(f'{to}/{i:03d}.tsv', 'w') as f:
            f.writelines('%s\t%g\t%d\t%d\n' % t for t in table)
    return len(seats)


if __name__ == '__main__':
    import sys
    print(make(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])), 'speakers could be seated')
