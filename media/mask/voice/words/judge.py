"""The judge: a recogniser that is not the mask. A small net says of each 10 ms which sound it is, from a quarter of a second around; which of two
sentences was said is then the better of two forced alignments (Viterbi), and how sure it is their ratio, calibrated on voices that neither
trained the net nor are judged. Like a careful listener it has heard masked voices before, but not this one, not in this session."""
import numpy as np, torch

RATE, HOP, WIN, BANDS = 16000, 160, 400, 40
CONTEXT = [-12, -8, -5, -3, -2, -1, 0, 1, 2, 3, 5, 8, 12]


def _filters():
    mel = lambda f: 2595 * np.log10(1 + f / 700)
    edge = 700 * (10 ** (np.linspace(mel(60), mel(7400), BANDS + 2) / 2595) - 1)
    f = np.arange(257) * RATE / 512
    return np.maximum(0, np.minimum((f - edge[:-2, None]) / (edge[1:-1] - edge[:-2])[:, None], (edge[2:, None] - f) / (edge[2:] - edge[1:-1])[:, None])).astype(np.float32)


_FB = _filters()
_W = np.hanning(WIN).astype(np.float32)


def features(x):
    """Log mel energies, (frames, 40); frame i is centred on sample i*160."""
    x = np.concatenate([np.zeros(WIN // 2, np.float32), x, np.zeros(WIN, np.float32)])
    n = (len(x) - WIN) // HOP
    fr = np.lib.stride_tricks.as_strided(x, (n, WIN), (x.strides[0] * HOP, x.strides[0]))
    p = np.abs(np.fft.rfft(fr * _W, 512)).astype(np.float32) ** 2
    return np.log(p @ _FB.T + 1e-5)


def level(f):
    """The features of one file about the mean of its speech: microphone and loudness do not matter."""
    e = f.mean(1)
    loud = e > np.percentile(e, 95) - 5
    return (f - f[loud].mean(0)) / 2.5


def stack(f):
    i = np.clip(np.arange(len(f))[:, None] + np.array(CONTEXT), 0, len(f) - 1)
    return f[i].reshape(len(f), -1)


def net(classes):
    n = BANDS * len(CONTEXT)
    return torch.nn.Sequential(torch.nn.Linear(n, 192), torch.nn.ReLU(), torch.nn.Linear(192, 192), torch.nn.ReLU(), torch.nn.Linear(192, classes))


def train(data, classes, epochs, seed=1):
    """data: list of (levelled features, labels). Returns the net and the sounds' log frequencies."""
    torch.manual_seed(seed); torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    m = net(classes)
    opt = torch.optim.Adam(m.parameters(), 1e-3)
    count = np.bincount(np.concatenate([y for _, y in data]), minlength=classes) + 1.0
    steps, done = epochs * len(data) / 8, 0
    for _ in range(epochs):
        order = rng.permutation(len(data))
        for k in range(0, len(order), 8):  # eight files at a time, their frames mixed
            x = np.concatenate([stack(data[j][0]) for j in order[k:k + 8]]); y = np.concatenate([data[j][1] for j in order[k:k + 8]])
            p = rng.permutation(len(x))
            done += 1
            for g in opt.param_groups:
                g['lr'] = 1e-3 * max(0.03, 1 - done / steps)
            for i in range(0, len(p), 512):
                b = p[i:i + 512]
                loss = torch.nn.functional.cross_entropy(m(torch.from_numpy(x[b])), torch.from_numpy(y[b]))
                opt.zero_grad(); loss.backward(); opt.step()
    return m, np.log(count / count.sum())


def scores(m, prior, f):
    """Scaled log likelihood of each sound at each frame."""
    with torch.no_grad():
        return torch.log_softmax(m(torch.from_numpy(stack(f))), 1).numpy() - 0.7 * prior


def align(s, seq, least=2):
    """Log likelihood of the best path through the sounds seq, each `least` frames or longer, silence before and after at will."""
    st = np.repeat(np.array([0] + list(seq) + [0]), least)  # class 0 is silence
    e = s[:, st]
    n = len(st)
    stay = (np.arange(n) % least) == least - 1
    stay[0] = True
    v = np.full(n, -1e9); v[0] = e[0, 0]; v[least] = e[0, least]
    for t in range(1, len(e)):
        step = np.concatenate([[-1e9], v[:-1]])
        v = np.maximum(np.where(stay, v, -1e9), step) + e[t]
    return max(v[-1], v[n - least - 1])


def calibrate(llr):
    """llr: of the true sentence against the other. The scale under which exp(scale*llr) is what the chances are (maximum likelihood)."""
    llr = np.asarray(llr)
    grid = np.geomspace(0.005, 5, 200)
    return grid[np.argmin([np.logaddexp(0, -g * llr).mean() for g in grid])]
