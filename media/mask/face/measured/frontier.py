#!/usr/bin/python3
"""The frontier between demeanour and anonymity: each setting of the figure through the video part of the attack kit.

  frontier.py run KIT [SEEDS]   writes frontier.json beside this file; KIT is the folder of the attack kit for faces
  frontier.py plot              draws frontier.svg from frontier.json

Each setting is run over SEEDS sets of sessions (default 3): with five people one set is luck. The measures are the kit's own.
"""
import json
import os
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
POINTS = ['default', 'blob', 'one scene for all', 'nothing normalised at all', 'no dead zone, no steps', 'eyes never shut', 'posture lasts 20 s', 'no sway, no lean',
          'three steps to each side', 'no common spread', 'posture lasts 0.7 s', 'nod and shake alone']
ROWS = {'crop as framed': 'pixels 1.4, as framed', 'frame as framed': 'whole frame, as framed', 'crop re-placed': 'pixels 1.4, re-placed',
        'frame re-placed': 'pixels frame, re-placed', 'motion': 'motion, 0.8 s', 'place': 'place and size read'}


def masked(binary, point, work, takes, shift):
    import cv2
    import numpy as np
    lines = ''.join('%s\t%d\n' % (os.path.join(work, t.name + '.y4m'), t.seed + shift) for t in takes)
    p = subprocess.Popen([binary, '-test.run', 'TestFrontier$'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         env=dict(os.environ, PARDA_FRONTIER=point), cwd=os.path.dirname(HERE))
    threading.Thread(target=lambda: (p.stdin.write(lines.encode()), p.stdin.close())).start()
    for t in takes:
        head = p.stdout.readline()
        if not head.startswith(b'TAKE'):
            raise SystemExit('the figure failed: %r' % head)
        yield t, [cv2.cvtColor(np.frombuffer(p.stdout.read(460800), np.uint8).reshape(720, 640), cv2.COLOR_YUV2BGR_I420) for _ in range(int(head.split()[1]))]
    p.stdout.read()
    p.wait()


def measure(kit, seeds):
    sys.path.insert(0, kit)
    sys.dont_write_bytecode = True
    import attack
    import material
    import numpy as np
    takes = [t for t in attack.default_takes(1, 1) if t.kind == 'reframed' or t.kind == 'clip' and t.people]
    reducer, out = attack.Reducer(), {}
    reducer.detect = lambda frame, rows: {}
    attack.measures.leaks = lambda *a: False          # measured by the kit's own run; here they cost time only
    attack.measures.background = lambda *a: (0., 0.)
    with tempfile.TemporaryDirectory() as work:
        binary = os.path.join(work, 'face.test')
        subprocess.run(['go', 'test', '-tags', 'measure', '-c', '-o', binary, '.'], cwd=os.path.dirname(HERE), check=True)
        clear = {}
        for t in takes:
            clear[t.name] = t.render()
            material.write_video(os.path.join(work, t.name + '.y4m'), clear[t.name])
        for point in POINTS:
            rows, dem = {}, {}
            for s in range(seeds):
                reduced = [reducer(t, clear[t.name], m) for t, m in masked(binary, point, work, takes, 100000 * s)]
                for k, j in attack.video_attacks(reduced).items():
                    for name, part in ROWS.items():
                        if part in k:
                            rows.setdefault(name, []).append((j['rank1'], j['limit95'], j['auc'], min(j['p'], j['p_auc']) < .05))
                for k, v in attack.demeanour(reduced).items():
                    dem.setdefault(k, []).append(v)
            out[point] = dict(rows={k: [round(float(q), 3) for q in np.mean(v, 0)] for k, v in rows.items()},
                              demeanour={k: round(float(np.mean(v)), 3) for k, v in dem.items()}, seeds=seeds)
            print(point, out[point], flush=True)
            json.dump(dict(columns=['rank-1', 'limit of chance at 95 %', 'AUC', 'share of rows with a *'], points=out),
                      open(os.path.join(HERE, 'frontier.json'), 'w'), indent=1)


def plot():
    points = json.load(open(os.path.join(HERE, 'frontier.json')))['points']
    copy = dict(roll=.30, nod=.15, shake=.19)         # what the kit reads off unmasked video
    w, h, x0, y0, sx, sy = 860, 520, 80, 440, 640., 380.
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13">' % (w, h),
           '<rect width="100%" height="100%" fill="white"/>',
           '<text x="80" y="26" font-size="16">Demeanour kept against people told apart, five people on video (chance 20 %)</text>',
           '<text x="%d" y="%d">share of the demeanour of unmasked video (mean of tilt, nod, shake)</text>' % (x0, y0 + 44),
           '<text x="16" y="%d" transform="rotate(-90 16 %d)">mean AUC of the six video attacks (.5 is chance)</text>' % (y0, y0)]
    px, py = lambda v: x0 + sx * v / 1.2, lambda v: y0 - sy * (v - .2) / .8
    for v in (0, .2, .4, .6, .8, 1.0, 1.2):
        out.append('<line x1="%.0f" x2="%.0f" y1="%d" y2="%d" stroke="#ddd"/><text x="%.0f" y="%d" text-anchor="middle">%.1f</text>' % (px(v), px(v), y0, y0 - sy, px(v), y0 + 20, v))
    for v in (.2, .3, .4, .5, .6, .7, .8, .9, 1.0):
        out.append('<line x1="%d" x2="%.0f" y1="%.0f" y2="%.0f" stroke="%s"/><text x="%d" y="%.0f" text-anchor="end">%.1f</text>' % (x0, x0 + sx, py(v), py(v), '#888' if v == .5 else '#ddd', x0 - 8, py(v) + 4, v))
    out.append('<line x1="%.0f" x2="%.0f" y1="%d" y2="%.0f" stroke="#888" stroke-dasharray="4 4"/>' % (px(.7), px(.7), y0, y0 - sy))
    used = []
    for name, d in points.items():
        x = sum(max(0, d['demeanour'][k]) / v for k, v in copy.items()) / 3
        y = sum(r[2] for r in d['rows'].values()) / len(d['rows'])
        a, b = px(min(x, 1.2)), py(y)
        free = lambda at: not any(abs(at - q) < 15 and abs(a - p) < 190 for p, q in used)
        lb = b + 4 + min((d for d in range(-120, 121, 15) if free(b + 4 + d)), key=abs)
        used.append((a, lb))
        if abs(lb - b - 4) > 1:
            out.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#aaa"/>' % (a, b, a + 9, lb - 4))
        out.append('<circle cx="%.1f" cy="%.1f" r="%d" fill="%s"/><text x="%.1f" y="%.1f">%s</text>' % (a, b, 7 if 'shipped' in name or name == 'default' else 4, '#0b5' if 'shipped' in name or name == 'default' else '#357', a + 10, lb, name))
    open(os.path.join(HERE, 'frontier.svg'), 'w').write('\n'.join(out + ['</svg>', '']))


if __name__ == '__main__':
    if sys.argv[1:2] == ['plot']:
        plot()
    elif sys.argv[1:2] == ['run'] and len(sys.argv) > 2:
        measure(sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 3)
        plot()
    else:
        raise SystemExit(__doc__)
