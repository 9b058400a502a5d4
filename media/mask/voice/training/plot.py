#!/usr/bin/env python3
"""Draws frontier.svg, protection against intelligibility, of the numbers in measured.json; with --table prints them as the table of MEASURED.md.

    python3 plot.py ../measured.json ../frontier.svg
    python3 plot.py --table ../measured.json

measured.json is a list of {"system", "label", "set", "kind", "runs"}: runs are the kit's own results (attack-NAME.json, one for each draw), kind is "parda" or "peer",
set is "kit" (the kit's ten readers) or "development" (thirty speakers kept out of every table of the mask). Points are means over the draws. Standard library only."""
import json, sys

def figures(e):
    """mean over draws of each figure, and its interval: the draws' own 90 % intervals, averaged end by end"""
    R = e['runs']; mean = lambda f: sum(map(f, R))/len(R)
    def cell(get):
        v = [get(r) for r in R]
        if any(x is None for x in v): return None
        ci = [sum(x[1][i] for x in v)/len(v) for i in (0, 1)]
        return sum(x[0] for x in v)/len(v), ci[0], ci[1]
    take = lambda part, key, ci: lambda r: (r[part][key], r[part][ci]) if r.get(part) and r[part].get(ci) else None
    best = lambda r: (min(r['semi']['eer'], r['fine_tuned']['eer']), (r['fine_tuned'] if r['fine_tuned']['eer'] <= r['semi']['eer'] else r['semi'])['ci']) if r.get('fine_tuned') else (r['semi']['eer'], r['semi']['ci'])
    return dict(ignorant=cell(take('ignorant', 'eer', 'ci')), lazy=cell(take('lazy', 'eer', 'ci')), informed=cell(best), inversion=cell(take('inversion', 'eer', 'ci')),
                link=cell(take('link', 'eer', 'ci')), rank1=cell(take('link', 'rank1', 'rank1_ci')), sex=cell(take('sex', 'acc', 'ci')), f0=cell(take('f0', 'corr', 'ci')),
                clear=cell(take('wer_clear', 'wer', 'ci')), wer=cell(take('wer', 'wer', 'ci')), draws=len(R))

COLUMNS = [('informed', 'informed, fine-tuned EER'), ('inversion', 'after inversion EER'), ('ignorant', 'ignorant EER'), ('link', 'linked EER'), ('rank1', 'rank-1 %'),
           ('sex', 'sex %'), ('f0', 'F0 corr'), ('clear', 'WER clear'), ('wer', 'WER masked')]
def table(E):
    out = ['| system | draws | '+' | '.join(t for _, t in COLUMNS)+' |', '|---'*(len(COLUMNS)+2)+'|']
    for e in E:
        f = figures(e); c = []
        for k, _ in COLUMNS:
            n = 2 if k == 'f0' else 1
            c.append('' if f[k] is None else f'{f[k][0]:.{n}f} [{f[k][1]:.{n}f}{".." if k == "f0" else "-"}{f[k][2]:.{n}f}]' if k != 'clear' else f'{f[k][0]:.1f}')
        out.append(f"| {e['label']} | {f['draws']} | "+' | '.join(c)+' |')
    return '\n'.join(out)

W, H, PAD = 430, 330, 52
def panel(E, x0, key, title, top, good, goal):
    """one scatter: WER above clear speech to the right, the figure upwards; the shaded part holds the goal"""
    most = 26.; X = lambda w: x0+PAD+min(max(w, -1), most)/most*(W-PAD-14); Y = lambda v: 44+(1-v/top)*(H-44-PAD); o = []
    lo, hi = (goal, top) if good == 'high' else (0, goal)
    o.append(f'<rect x="{X(0):.0f}" y="{Y(hi):.0f}" width="{X(10)-X(0):.0f}" height="{Y(lo)-Y(hi):.0f}" fill="#e4f0e4"/>')
    for v in range(0, int(top)+1, 10 if top <= 50 else 20): o.append(f'<line x1="{X(0):.0f}" x2="{X(most):.0f}" y1="{Y(v):.1f}" y2="{Y(v):.1f}" stroke="#ddd"/><text x="{x0+PAD-6}" y="{Y(v)+4:.1f}" text-anchor="end">{v}</text>')
    for v in range(0, int(most)+1, 5): o.append(f'<text x="{X(v):.1f}" y="{H-PAD+16}" text-anchor="middle">{v}</text>')
    o.append(f'<text x="{x0+W/2:.0f}" y="18" text-anchor="middle" font-weight="bold">{title}</text><text x="{x0+W/2+16:.0f}" y="{H-16}" text-anchor="middle">word errors above those of clear speech, points</text>')
    for e in E:
        f = figures(e)
        if not (f['wer'] and f['clear'] and f[key]): continue
        x, (v, a, b), own = X(f['wer'][0]-f['clear'][0]), f[key], e['kind'] == 'parda'; c = '#1b4f8a' if own else '#999'
        o.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{Y(min(b, top)):.1f}" y2="{Y(max(a, 0)):.1f}" stroke="{c}" stroke-opacity="0.35" stroke-width="2"/>')
        o.append(f'<circle cx="{x:.1f}" cy="{Y(v):.1f}" r="4.5" fill="{c}"/>' if own else f'<rect x="{x-4:.1f}" y="{Y(v)-4:.1f}" width="8" height="8" fill="{c}"/>')
        o.append(f'<text x="{x+7:.1f}" y="{Y(v)-5:.1f}" fill="{c}">{e["short"]}</text>')
    return o

def plot(E):
    E = [e for e in E if e['set'] == 'kit']; o = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{2*W}" height="{H}" viewBox="0 0 {2*W} {H}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>']
    o += panel(E, 0, 'informed', 'equal error rate of the best informed attacker, %', 50, 'high', 20)+panel(E, W, 'rank1', 'two hearings linked, rank 1 of ten, %', 100, 'low', 50)
    return '\n'.join(o+['</svg>'])+'\n'

if __name__ == '__main__':
    if sys.argv[1] == '--table': print(table(json.load(open(sys.argv[2]))))
    else: open(sys.argv[2], 'w').write(plot(json.load(open(sys.argv[1]))))
