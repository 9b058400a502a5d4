#!/usr/bin/env python3
"""Makes target.bin, the neutral voice that parda's voice mask moves every speaker to, and the directions in which speakers differ from it.

    OMP_NUM_THREADS=1 python3 train.py SPEECH ../target.bin [held-out.txt]

SPEECH holds an4.tsv and so762.tsv (file, spk, sex, and for the second age) with the FLAC files they name, 16 kHz: CMU AN4 (BSD-style licence,
(c) Carnegie Mellon University) and a part of speechocean762 (Zhang et al. 2021, CC BY 4.0). Adults only; the speakers named in the third file are left
out: the shipped target.bin was made without the 30 of held-out.txt, on whom the mask was developed. One core, five minutes, fixed seeds.
Needs numpy, scipy, scikit-learn, soundfile.

Four things are learnt, all over many people, so that none of them is anybody's voice:
 1. mean and spread of the cepstra of 32 log mel bands (each speaker counts once);
 2. a Gaussian mixture of cepstra 1..12, trained in turns with one linear frequency warp for each speaker (vocal tract length
    normalisation): by its likelihood the mask finds how long a vocal tract is, and takes that out;
 3. a finer mixture of cepstra 1..15 after that: the sounds of the average speaker, towards which the mask pulls each frame;
 4. eigenvoices: the 32 directions in which the finer mixture's means go from speaker to speaker, by factor analysis (Kenny, Boulianne, Dumouchel, IEEE
    Trans. Speech Audio Process. 13(3), 2005), scaled so that speakers are N(0, 1) along each.

target.bin, little-endian float32: mean[16], size[16]; then twice: weights' logs (n, constant of the Gaussian included), means (n x d), inverse variances (n x d);
n = 64, d = 12, then n = 256, d = 15; then the eigenvoices, 256 x 15 x 32, in spreads of their Gaussian."""
import csv, os, sys
os.environ.setdefault('OMP_NUM_THREADS', '1'); os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')
import numpy as np, soundfile as sf
from scipy.fft import dct
from sklearn.mixture import GaussianMixture

SR, NFFT, BANDS, HOP, WIN, LO, HI = 16000, 512, 32, 160, 400, 80., 7400.   # as in analysis.go
ORDER, TRACT, FINE, NTRACT, NFINE, VOICES, TRUST = 16, 12, 15, 64, 256, 32, 0.25
WARPS = np.exp(np.linspace(-0.21, 0.21, 15))                               # as in tract.go
mel = lambda f: 2595*np.log10(1+f/700)
unmel = lambda z: 700*(10**(z/2595)-1)
EDGES = unmel(np.linspace(mel(LO), mel(HI), BANDS+2)); CENTRES = EDGES[1:-1]; STEP = (mel(HI)-mel(LO))/(BANDS+1)

def bank():
    b = np.arange(NFFT//2+1)*SR/NFFT
    w = np.array([np.clip(np.minimum((b-l)/(m-l), (r-b)/(r-m)), 0, None) for l, m, r in zip(EDGES, EDGES[1:], EDGES[2:])])
    return w/w.sum(1, keepdims=True)
BANK = bank()

def envelope(x):
    x = np.pad(x*0.06/(np.sqrt(np.mean(x**2))+1e-9), (WIN//2, WIN)); F = np.lib.stride_tricks.sliding_window_view(x, WIN)[::HOP]
    w = 0.5-0.5*np.cos(2*np.pi*(np.arange(WIN)+.5)/WIN); E = np.log(np.abs(np.fft.rfft(F*w, NFFT))**2@BANK.T+1e-7); g = E.mean(1)
    return E[g > np.quantile(g, .95)-6]

def warped(E, a):
    """the envelope that a tract 1/a as long would have had: value at f of what was at f*a"""
    p = np.clip((mel(np.minimum(CENTRES*a, HI))-mel(LO))/STEP-1, 0, BANDS-1); i = np.minimum(p.astype(int), BANDS-2); t = p-i
    return E[:, i]*(1-t)+E[:, i+1]*t

def speakers(root, per=10, skip=()):
    rows = lambda p: list(csv.DictReader(open(p), delimiter='\t', quoting=csv.QUOTE_NONE)); by = {}
    for r in rows(root+'/an4.tsv')+[r for r in rows(root+'/so762.tsv') if int(r['age']) >= 16]: by.setdefault(r['spk'], []).append(r)
    out = []
    for s in sorted(set(by)-set(skip)):
        E = [envelope(sf.read(os.path.join(root, r['file']))[0]) for r in by[s][:per]]
        out.append((s, by[s][0]['sex'], np.concatenate(E), E[:4]))
    return out

def cepstra(E, a, d, size):
    """cepstra 1..d under a warp, moved and spread as the mask does it"""
    C = dct(warped(E, a), norm='ortho')[:, 1:d+1]
    return (C-C.mean(0))/C.std(0)*size[1:d+1]

def best_warp(E, g, size):
    ll = np.array([g.score(cepstra(E, a, TRACT, size))*min(len(E), 2000)*0.2 for a in WARPS])-0.5*(np.log(WARPS)/0.10)**2
    p = np.exp(ll-ll.max()); return float(np.exp((p*np.log(WARPS)).sum()/p.sum()))

def mixture(X, k, seed=0, n=90000):
    r = np.random.RandomState(seed); X = X[r.choice(len(X), min(n, len(X)), False)]
    return GaussianMixture(k, covariance_type='diag', max_iter=30, reg_covar=0.02, init_params='k-means++', random_state=seed).fit(X)

def packed(g):
    const = np.log(g.weights_)-0.5*np.log(2*np.pi*g.covariances_).sum(1)
    return [const, g.means_.ravel(), (1/g.covariances_).ravel()]

def eigenvoices(X, g, turns=12):
    """X: cepstra of each speaker -> loadings (components, cepstra, VOICES) in spreads of their Gaussian; speakers are N(0, 1) along each"""
    sd, (K, D), R = np.sqrt(g.covariances_), g.means_.shape, VOICES; N, F = np.zeros((len(X), K)), np.zeros((len(X), K, D))
    for i, x in enumerate(X):
        p = g.predict_proba(x); N[i] = p.sum(0)*TRUST; F[i] = (p.T@x-p.sum(0)[:, None]*g.means_)*TRUST/sd
    T = np.random.RandomState(0).randn(K, D, R)*0.1
    for turn in range(turns):
        G = np.einsum('kdr,kds->krs', T, T); A, B, C = np.zeros((K, R, R)), np.zeros((K, D, R)), np.zeros((R, R))
        for n, f in zip(N, F):
            cov = np.linalg.inv(np.eye(R)+np.einsum('k,krs->rs', n, G)); w = cov@np.einsum('kdr,kd->r', T, f); E = cov+np.outer(w, w)
            C += E/len(X); A += n[:, None, None]*E; B += f[:, :, None]*w
        T = np.stack([np.linalg.solve(A[k]+np.eye(R), B[k].T).T for k in range(K)])@np.linalg.cholesky(C)   # least divergence: the prior stays N(0, 1)
    _, s, V = np.linalg.svd(T.reshape(K*D, R)*np.repeat(np.sqrt(g.weights_), D)[:, None], full_matrices=False)
    print('speakers along the eigenvoices, in spreads of the sounds: %.2f to %.2f' % (s[0], s[-1]))
    return T@V.T

def main():
    S = speakers(sys.argv[1], skip=open(sys.argv[3]).read().split() if len(sys.argv) > 3 else ()); C = [dct(E, norm='ortho')[:, :ORDER] for _, _, E, _ in S]
    mean, size = np.mean([c.mean(0) for c in C], 0), np.mean([c.std(0) for c in C], 0)
    warp = np.ones(len(S))
    for turn in range(5):
        g = mixture(np.concatenate([cepstra(E, a, TRACT, size) for (_, _, E, _), a in zip(S, warp)]), NTRACT)
        warp = np.array([best_warp(E, g, size) for _, _, E, _ in S]); warp /= np.exp(np.log(warp).mean())
        sex = np.array([x for _, x, _, _ in S]); f, m = np.log(warp[sex == 'F']), np.log(warp[sex == 'M'])
        print('turn', turn, 'women %.3f+-%.3f men %.3f+-%.3f' % (np.exp(f.mean()), f.std(), np.exp(m.mean()), m.std()), flush=True)
    one = [[np.log(best_warp(e, g, size)) for e in L] for _, _, _, L in S]
    print('single utterances: within speakers %.3f, between %.3f' % (np.mean([np.std(o) for o in one]), np.std([np.mean(o) for o in one])))
    X = [cepstra(E, a, FINE, size) for (_, _, E, _), a in zip(S, warp)]; fine = mixture(np.concatenate(X), NFINE)
    np.concatenate([mean, size]+packed(g)+packed(fine)+[eigenvoices(X, fine).ravel()]).astype('<f4').tofile(sys.argv[2])

if __name__ == '__main__': main()
