#!/usr/bin/env python3
"""Makes synthetic.bin, the network of parda's synthetic voice, and the vectors that hold the Go code to it.

    apt-get install -y python3-torch python3-scipy python3-soundfile pocketsphinx pocketsphinx-en-us espeak-ng
    OMP_NUM_THREADS=1 python3 synthetic.py SPEECH

SPEECH holds an4.tsv and so762.tsv (file, spk, sex, and for the second age) with the FLAC files they name, 16 kHz: CMU AN4 (BSD-style licence, (c) Carnegie
Mellon University) and a part of speechocean762 (Zhang et al. 2021, CC BY 4.0). Speakers in heldout.txt are left out: development is measured on them.
Synthetic speech: espeak-ng, in American English and Azerbaijani, texts from texts.py. Seeds are fixed; on two cores about ten minutes for the corpus
and --seconds of CPU for the network (a longer run, on more cores or an accelerator, is the same command with a larger number).

What is learnt: the station's own front end (normalise.go, run by `go test` with PARDA_HEARD) describes every utterance twice, as it hears it from the start
and again when it knows the speaker, less what is left of the speaker in each phone on average. The network hears the first, through noise and changed
vocal tracts, and says the second, through a code of 20 digits of few levels a frame; of synthetic speech, half the way to the plain voice of the same text.

The weights in the repository came of three runs of this code in a row, each begun from the last: 560 and 640 steps that were cut short (first with fewer
levels), then --seconds 190 with another seed; so this command gives a network like them, not the same bytes."""
import argparse, csv, hashlib, os, pickle, random, struct, subprocess, sys, tempfile, time
os.environ.setdefault('OMP_NUM_THREADS', '1')
import numpy as np, soundfile as sf, torch, torch.nn.functional as F
from scipy.signal import lfilter, resample_poly
import align, texts
from net import *
torch.set_num_threads(1)
SR, HOP, HERE = 16000, 160, os.path.dirname(os.path.abspath(__file__))

# ---------------- corpus ----------------
def say(voice, text, speed, pitch=50):
    with tempfile.NamedTemporaryFile(suffix='.wav') as f:
        subprocess.run(['espeak-ng', '-v', voice, '-s', str(speed), '-p', str(pitch), '-w', f.name, '--', text], check=True); x, _ = sf.read(f.name)
    return resample_poly(x, 320, 441)
def noisy(x, r):
    n = lfilter([1], [1, -r.uniform(0, .95)], r.standard_normal(len(x))); snr = r.uniform(12, 30); return x+n*np.sqrt(np.mean(x**2))*10**(-snr/20)/np.sqrt(np.mean(n**2))
def heard(X, d):
    """sounds -> [(as heard from the start, as heard when the speaker is known)], each [T, 17], by the Go code"""
    L = []
    for i, x in enumerate(X): sf.write(f'{d}/{i}.wav', np.clip(x, -1, 1), SR, 'PCM_16'); L.append(f'{d}/{i}.wav\t{d}/{i}.f32')
    open(d+'/list', 'w').write('\n'.join(L)+'\n'); subprocess.run(['go', 'test', '-tags', 'training', '-count=1', '-run', 'TestHeardForTraining', '-timeout', '3h', '..'], cwd=HERE, check=True, env=dict(os.environ, PARDA_HEARD=d+'/list'))
    return [tuple(np.fromfile(f'{d}/{i}.f32', '<f4').reshape(2, -1, IN).astype(np.float16)) for i in range(len(X))]
def corpus(root, d, limit):
    rows = lambda p: list(csv.DictReader(open(p), delimiter='\t', quoting=csv.QUOTE_NONE)); out = set(open(HERE+'/heldout.txt').read().split()); r = np.random.default_rng(3); rr = random.Random(4); X, M = [], []
    R = [q for q in rows(root+'/an4.tsv')+rows(root+'/so762.tsv') if q['spk'] not in out and (int(q.get('age', 30)) >= 16 or int(q['utt']) % 2)][:limit]
    sounds = [sf.read(os.path.join(root, q['file']))[0] for q in R]; labels = align.align([(x, q['text']) for x, q in zip(sounds, R)])
    for x, q, lab in zip(sounds, R, labels):
        if lab is None: continue
        x = x*10**(r.uniform(-6, 6)/20); X.append(x); M.append(dict(kind='real', spk=q['spk'], lab=lab)); c = r.random()
        if c < .35: X.append(noisy(x, r)); M.append(dict(kind='noisy', of=len(X)-2, spk=q['spk'], lab=lab))
        elif c < .7:
            k = int(r.choice([88, 92, 95, 105, 109, 114])); X.append(resample_poly(x, k, 100)); n = len(X[-1])//HOP; M.append(dict(kind='real', spk=q['spk']+'r', lab=lab[np.minimum((np.arange(n)*100/k).astype(int), len(lab)-1)]))
    words = sorted({w.lower() for q in R for w in q['text'].split() if w.isalpha() and len(w) > 1})
    for lang, T in (('az', texts.azerbaijani(220, rr)), ('en-us', texts.english(110, words, rr))):
        for t in T[:limit]:
            speed = rr.randint(130, 190); y = say(lang, t, speed); base = len(X); X.append(y*.3/np.abs(y).max()); M.append(dict(kind=lang[:2], base=base, spk='base'))
            for _ in range(2): x = say(lang+'+'+rr.choice(texts.VARIANTS), t, speed, rr.randint(25, 75))[:len(y)]; X.append(x*.3/np.abs(x).max()); M.append(dict(kind=lang[:2], base=base, spk='v'))
    print(len(X), 'sounds,', round(sum(len(x) for x in X)/SR/3600, 2), 'h', flush=True)
    for m, (a, b) in zip(M, heard(X, d)): m['a'], m['b'] = a, b
    for m in M:
        if 'lab' in m: n = min(len(m['lab']), len(m['a'])); m['lab'] = m['lab'][:n]; m['a'], m['b'] = m['a'][:n], m['b'][:n]
    return M

# ---------------- training ----------------
NP, SHRINK, CEP = 40, 8., 15
def prepare(D, offset):
    """adds x (heard), y (to be said), w (how much a frame counts), lab. What is left of a speaker in each phone, on average, is taken off y."""
    for o in D:
        o['x'], o['y'] = o['a'].astype(np.float32), o['b'].astype(np.float32).copy(); o['k'] = o['y'][:, CEP] > -2.2; o['lab'] = o.get('lab', np.full(len(o['x']), -1))
    def means(L):
        n, m = np.zeros(NP), np.zeros((NP, CEP))
        for o in L: k = o['k'] & (o['lab'] > 0); np.add.at(n, o['lab'][k], 1); np.add.at(m, o['lab'][k], o['y'][k, :CEP])
        return n, m
    R = [o for o in D if o['kind'] == 'real']; n, m = means(R); whole = m/np.maximum(n, 1)[:, None]; by = {}
    for o in R: by.setdefault(o['spk'], []).append(o)
    gone = []
    for L in by.values():
        n, m = means(L); d = offset*(m/np.maximum(n, 1)[:, None]-whole)*(n/(n+SHRINK))[:, None]; d[0] = 0
        for o in L: f = d[np.maximum(o['lab'], 0)]*(o['lab'] > 0)[:, None]; f = np.apply_along_axis(lambda q: np.convolve(q, np.ones(5)/5, 'same'), 0, f); gone.append((f[o['k']]**2).mean()); o['new'] = f
    for o in R: o['y'][:, :CEP] -= o.pop('new')
    print('left of speakers in phones: mean square', np.mean(gone), flush=True); Y = [o['y'] for o in D]
    for i, o in enumerate(D):
        if o['kind'] == 'noisy': o['y'] = Y[o['of']]
        if o.get('base') is not None and o['base'] != i: n = min(len(o['x']), len(Y[o['base']])); o['x'] = o['x'][:n]; o['lab'] = o['lab'][:n]; o['y'] = .5*o['y'][:n]+.5*Y[o['base']][:n]
        o['w'] = np.clip((o['y'][:, CEP]+3.2)/1.2, .04, 1).astype(np.float32)
def batch(D, idx, r, T=300, calm=False):
    B = len(idx); X, Y, W, L = np.zeros((B, T, IN), np.float32), np.zeros((B, T, OUT), np.float32), np.zeros((B, T), np.float32), np.full((B, T), -1, np.int64); X[:, :, CEP] = Y[:, :, CEP] = -4.1
    for b, i in enumerate(idx):
        o = D[i]; m = len(o['x']); s = r.integers(0, m-T) if m > T and r.random() < .6 else 0; q = min(T, m-s); X[b, :q], Y[b, :q], W[b, :q], L[b, :q] = o['x'][s:s+q], o['y'][s:s+q], o['w'][s:s+q], o['lab'][s:s+q]
        if not calm: X[b, :, :CEP] += r.normal(0, .15, CEP)+.05*r.standard_normal((T, CEP)); X[b, :, CEP] += r.normal(0, .1)
    return torch.from_numpy(X).transpose(1, 2), torch.from_numpy(Y), torch.from_numpy(W), torch.from_numpy(L)
def loss_of(o, ph, y, w, lab, ce):
    o, ph, y, w, lab = o.transpose(1, 2)[:, LOOK:], ph[:, :, LOOK:], y[:, :-LOOK], w[:, :-LOOK], lab[:, :-LOOK]
    a = (((o[..., :CEP]-y[..., :CEP])**2).mean(2)*w).sum()/w.sum(); b = ((o[..., CEP]-y[..., CEP])**2).mean(); d = (((o[..., CEP+1]-y[..., CEP+1])**2)*w).sum()/w.sum(); e = F.cross_entropy(ph, lab, ignore_index=-1)
    return a+.4*b+d+ce*e, (float(a), float(b), float(d), float(e))
@torch.no_grad()
def linear(net, B):
    """the linear paths by least squares: from NEAR frames of input to the digits, and from three frames of digits to the output"""
    def rows(X, k): return F.pad(X, (k-1, 0)).unfold(2, k, 1).permute(0, 2, 1, 3).reshape(X.shape[0], -1, X.shape[1]*k)   # [in][tap]
    def solve(X, t, reg): X1 = torch.cat([X, torch.ones(len(X), 1)], 1).double(); W = torch.linalg.solve(X1.T@X1+reg*torch.eye(X1.shape[1]).double(), X1.T@t.double()).float(); return W[:-1].T, W[-1]
    sel = [w[:, :-LOOK] > .3 for _, _, w, _ in B]; y = torch.cat([Y[:, :-LOOK][m] for (_, Y, _, _), m in zip(B, sel)]); t = y*torch.tensor([.75]*CEP+[.7, 2.4])+torch.tensor([0.]*CEP+[.8, -1.2])
    X = torch.cat([rows(x, NEAR)[:, LOOK:][m] for (x, _, _, _), m in zip(B, sel)]); W, c = solve(X, t, 30.)
    net.near.c.weight.mul_(.1); net.near.c.bias.zero_(); net.near.c.weight[:OUT] = W.reshape(OUT, IN, NEAR); net.near.c.bias[:OUT] = c
    Q = [net.quantise(torch.tanh(net.near(x))) for x, _, _, _ in B]; X = torch.cat([rows(q, 3)[:, LOOK:][m] for q, m in zip(Q, sel)]); W, c = solve(X, y, 10.)
    net.plain.c.weight.copy_(W.reshape(OUT, -1, 3)); net.plain.c.bias.copy_(c); e = X@W.T+c-y; print('linear: unexplained', np.round((e.var(0)/y.var(0)).numpy(), 2), flush=True)
def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter); p.add_argument('speech'); p.add_argument('--seconds', type=float, default=900, help='CPU seconds of training'); p.add_argument('--c', type=int, default=128); p.add_argument('--dec', type=int, default=128); p.add_argument('--limit', type=int, default=10**6, help='utterances, to try the code'); p.add_argument('--keep', default='synthetic.pt'); p.add_argument('--corpus', help='file to keep the corpus in')
    p.add_argument('--ce', type=float, default=.05); p.add_argument('--coarse', type=float, default=.15); p.add_argument('--lr', type=float, default=1.5e-3); p.add_argument('--bs', type=int, default=16); p.add_argument('--seed', type=int, default=0); p.add_argument('--offset', type=float, default=1.); p.add_argument('--init'); a = p.parse_args()
    if a.corpus and os.path.exists(a.corpus): D = pickle.load(open(a.corpus, 'rb'))
    else:
        with tempfile.TemporaryDirectory() as d: D = corpus(a.speech, d, a.limit)
        if a.corpus: pickle.dump(D, open(a.corpus, 'wb'), protocol=4)
    r = np.random.default_rng(a.seed); torch.manual_seed(a.seed); prepare(D, a.offset); net = Net(a.c, dec=a.dec, phones=NP)
    held = sorted({o['spk'] for o in D if o['kind'] == 'real' and not o['spk'].endswith('r')})[::12]; kinds = {k: [i for i, o in enumerate(D) if o['kind'] == k and o['spk'].rstrip('r') not in held] for k in ('real', 'noisy', 'az', 'en')}; test = {'real': [i for i, o in enumerate(D) if o['spk'] in held and o['kind'] == 'real'][:40], 'noisy': [i for i, o in enumerate(D) if o['spk'] in held and o['kind'] == 'noisy'][:24], 'az': kinds['az'][:30]}; kinds['az'] = kinds['az'][30:]
    print('weights', sum(q.numel() for q in net.parameters()), 'utts', len(D), 'frames', sum(len(o['x']) for o in D), flush=True); tr = np.random.default_rng(9); TB = {k: batch(D, v, tr, calm=True) for k, v in test.items() if v}
    if a.init: old = torch.load(a.init)['sd']; old['steps'] = net.steps; net.load_state_dict(old)
    else: linear(net, [batch(D, r.choice(kinds['real']+kinds['az'], 24), r) for _ in range(24)])
    opt = torch.optim.AdamW(net.parameters(), lr=a.lr, weight_decay=1e-2); t0 = time.process_time(); st = 0; ac = None; save = time.time()
    def store(): torch.save(dict(sd=net.state_dict(), cfg=net.cfg, args=vars(a), steps=st), a.keep)
    def report(el):
        net.eval(); R = {}
        with torch.no_grad():
            for k, tb in TB.items():
                o, ph, c = net(tb[0]); R[k] = ' '.join('%.3f' % q for q in loss_of(o, ph, *tb[1:], a.ce)[1]); m = tb[3][:, :-LOOK] > 0; R[k] += ' acc %.3f' % (ph.argmax(1)[:, LOOK:] == tb[3][:, :-LOOK])[m].float().mean(); o, ph, c = net(tb[0], coarse=True); R[k] += ' coarse %.3f' % loss_of(o, ph, *tb[1:], a.ce)[1][0]
        net.train(); print(st, 'el %.2f' % el, None if ac is None else np.round(ac, 3), R, flush=True)
    report(0)
    while True:
        el = (time.process_time()-t0)/a.seconds
        if el >= 1: break
        for g in opt.param_groups: g['lr'] = a.lr*min(1, st/60+.02)*(.5*(1+np.cos(np.pi*el))*.97+.03)
        share = np.array([w*bool(kinds[k]) for k, w in (('real', .55), ('noisy', .2), ('az', .15), ('en', .1))]); ks = r.choice(['real', 'noisy', 'az', 'en'], a.bs, p=share/share.sum()); x, y, w, lab = batch(D, [kinds[k][r.integers(len(kinds[k]))] for k in ks], r)
        o, ph, c = net(x, coarse=r.random() < a.coarse); l, parts = loss_of(o, ph, y, w, lab, a.ce); opt.zero_grad(); l.backward(); torch.nn.utils.clip_grad_norm_(net.parameters(), 2.); opt.step(); st += 1; ac = np.array(parts) if ac is None else .97*ac+.03*np.array(parts)
        if st % 100 == 0: report(el)
        if time.time()-save > 90: store(); save = time.time()
    report(1); store(); export(net.eval(), D)

# ---------------- what the Go code reads ----------------
@torch.no_grad()
def spread(net, D):
    """a network that guesses says too little: how far each cepstrum of its output is to be stretched, to the power 0.7"""
    s, q = [], []
    for o in [o for o in D if o['kind'] == 'real'][:300:6]:
        k = o['k'][:-LOOK]; s.append(o['b'].astype(np.float32)[:-LOOK][k]); q.append(net(torch.from_numpy(o['x'].T[None]))[0][0].T.numpy()[LOOK:][k])
    g = torch.ones(OUT); g[:CEP] = torch.from_numpy(np.concatenate(s).std(0)/np.concatenate(q).std(0))[:CEP]**.7; return g
def tensors(n, gain):
    """[(weight [out][taps][in], oldest frame first; bias)] in the file's order; batch normalisation folded in"""
    def fold(c, bn): g = bn.weight/torch.sqrt(bn.running_var+bn.eps); return c.weight*g[:, None, None], (c.bias-bn.running_mean)*g+bn.bias
    plain = lambda l: (l.c.weight, l.c.bias); L = [fold(n.i.c, n.n)]
    for b in n.e: L += [fold(b.a.c, b.n), plain(b.b)]
    L += [plain(n.z), plain(n.near), fold(n.d.c, n.dn)]
    for b in n.f: L += [fold(b.a.c, b.n), plain(b.b)]
    L += [(l.c.weight*gain[:, None, None], l.c.bias*gain) for l in (n.o, n.plain)]; return [(w.permute(0, 2, 1).contiguous(), b) for w, b in L]
@torch.no_grad()
def export(n, D):
    W = tensors(n, spread(n, D)); v = np.concatenate([np.concatenate([w.numpy().ravel(), b.numpy().ravel()]) for w, b in W]); assert np.abs(v).max() < 6e4; c = n.cfg
    d = b'PARDASY1'+struct.pack('<5I', c['c'], c['dec'], len(c['levels']), len(c['dil']), len(v))+struct.pack('<%dI' % (len(c['levels'])+len(c['dil'])), *c['levels'], *c['dil'])+v.astype('<f2').tobytes()
    open(HERE+'/../synthetic.bin', 'wb').write(d+hashlib.sha256(d).digest())
    r = np.random.RandomState(3); k = np.hanning(9)/np.hanning(9).sum(); X = np.stack([np.convolve(r.randn(208), k, 'valid') for _ in range(IN)], 1)*1.8; X[:, CEP] = np.clip(X[:, CEP]-1.2, -4.1, .6); X[:, CEP+1] = np.clip(X[:, CEP+1]+.5, 0, 1); X = X.astype(np.float32)
    it = iter([(w.permute(0, 2, 1).half().float(), b.half().float()) for w, b in W])
    def conv(h, d=1): w, b = next(it); return F.conv1d(F.pad(h, ((w.shape[2]-1)*d, 0)), w, b, dilation=d)
    x = torch.from_numpy(X.T[None]); h = F.relu(conv(x))
    for d in c['dil']: h = h+conv(F.relu(conv(h, d)))
    z = conv(h); q = n.quantise(torch.tanh(z+conv(x))); g = F.relu(conv(q))
    for d in (1, 2): g = g+conv(F.relu(conv(g, d)))
    o = conv(g); o = o+conv(q); os.makedirs(HERE+'/../testdata', exist_ok=True)
    open(HERE+'/../testdata/synthetic.golden', 'wb').write(struct.pack('<4I', len(X), IN, q.shape[1], OUT)+X.tobytes()+q[0].T.numpy().astype('<f4').tobytes()+o[0].T.numpy().astype('<f4').tobytes()); print(len(v), 'weights')
if __name__ == '__main__': main()
