"""The network: a causal encoder, a code of few levels (finite scalar quantisation, Mentzer et al. 2023), a causal decoder. Beside each lies a linear
path, set by least squares before the training, so that the network learns only what a linear map cannot do."""
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
LOOK = 3       # hops that the network hears beyond the frame it describes
IN, OUT, NEAR = 17, 17, 5   # 15 cepstra, power, voicing: as heard, and as the synthetic voice has them
LEVELS = [9]*4+[7]*4+[5]*7+[9, 3]+[3]*3     # of the digits: cepstra 1..15, power, voicing, three free ones

class Causal(nn.Module):
    def __init__(s, i, o, k=1, d=1):
        super().__init__(); s.c = nn.Conv1d(i, o, k, dilation=d); s.pad = (k-1)*d
    def forward(s, x): return s.c(F.pad(x, (s.pad, 0)) if s.pad else x)
class Block(nn.Module):
    def __init__(s, c, d, k=3):
        super().__init__(); s.a, s.n, s.b = Causal(c, c, k, d), nn.BatchNorm1d(c), Causal(c, c); nn.init.normal_(s.b.c.weight, 0, .3/np.sqrt(c)); nn.init.zeros_(s.b.c.bias)
    def forward(s, x): return x+s.b(F.relu(s.n(s.a(x))))
class Net(nn.Module):
    def __init__(s, c=128, levels=LEVELS, dec=128, dil=(1, 2, 3, 4, 6, 8), phones=40):
        super().__init__(); n = len(levels); s.cfg = dict(c=c, levels=levels, dec=dec, dil=dil); s.register_buffer('steps', torch.tensor([(l-1)/2 for l in levels])[None, :, None])
        s.i, s.n = Causal(IN, c, 5), nn.BatchNorm1d(c); s.e = nn.ModuleList(Block(c, d) for d in dil); s.z, s.near = Causal(c, n), Causal(IN, n, NEAR)
        s.d, s.dn = Causal(n, dec, 3), nn.BatchNorm1d(dec); s.f = nn.ModuleList(Block(dec, d) for d in (1, 2)); s.o, s.plain = Causal(dec, OUT), Causal(n, OUT, 3); s.p = nn.Conv1d(dec, phones, 1)
        for l in (s.z, s.o): nn.init.zeros_(l.c.weight); nn.init.zeros_(l.c.bias)
    def encode(s, x):
        h = F.relu(s.n(s.i(x)))
        for b in s.e: h = b(h)
        return torch.tanh(s.z(h)+s.near(x))
    def quantise(s, z, coarse=False):
        half = torch.ones_like(s.steps) if coarse else s.steps; return z+(torch.round(z*half)/half-z).detach()
    def decode(s, q):
        h = F.relu(s.dn(s.d(q)))
        for b in s.f: h = b(h)
        return s.o(h)+s.plain(q), s.p(h)
    def forward(s, x, q=True, coarse=False):
        z = s.encode(x); c = s.quantise(z, coarse) if q else z; return s.decode(c)+(c,)
