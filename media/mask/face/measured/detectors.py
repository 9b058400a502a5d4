#!/usr/bin/python3
"""OpenCV's frontal face cascades on the drawn figure: every state that was looked at, in eight scenes, and random poses.

  detectors.py [RANDOM POSES]     needs python3-opencv and opencv-data
"""
import collections
import os
import subprocess
import sys

import cv2
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = cv2.data.haarcascades if hasattr(cv2, 'data') else '/usr/share/opencv4/haarcascades/'
p = subprocess.Popen(['go', 'test', '-tags', 'measure', '-count=1', '-run', 'TestPosesForDetectors$', '.'] if len(sys.argv) < 3 else [sys.argv[2], '-test.run', 'TestPosesForDetectors$'],
                     cwd=os.path.dirname(HERE), stdout=subprocess.PIPE, env=dict(os.environ, PARDA_POSES=sys.argv[1] if len(sys.argv) > 1 else '400'))
cv2.setNumThreads(1)
nets = {k: cv2.CascadeClassifier(FOLDER + 'haarcascade_frontalface_%s.xml' % k) for k in ('default', 'alt', 'alt2')}
seen, hits = collections.Counter(), collections.Counter()
for line in p.stdout:
    if not line.startswith(b'FRAME '):
        continue
    kind = line[6:].decode().strip()
    g = np.frombuffer(p.stdout.read(640 * 480), np.uint8).reshape(480, 640)
    group = kind if kind.startswith('random') else 'states'
    seen[group] += 1
    for k, net in nets.items():
        for how, args in (('kit', (1.1, 5)), ('fine', (1.05, 3))):
            if len(net.detectMultiScale(g, *args, minSize=(48, 48))):
                hits[group, k, how] += 1
                if group == 'states' and how == 'kit':
                    print('HIT', kind, k)
for group, n in seen.items():
    print(group, n, {'%s %s' % q[1:]: hits[q] for q in sorted(hits) if q[0] == group})
