"""Spoken test sentences with the times of their sounds, from the synthesisers espeak-ng (through its library) and flite.

A sentence comes back as 16 kHz sound (float32, full scale 1) and a list of (phone, first sample), the last entry being ('_', end). The same
arguments give the same samples."""
import ctypes as C, re, subprocess, tempfile
import numpy as np
from scipy.signal import resample_poly
from scipy.io import wavfile

RATE = 16000


class _Id(C.Union):
    _fields_ = [('number', C.c_int), ('name', C.c_char_p), ('string', C.c_char * 8)]


class _Event(C.Structure):  # espeak_EVENT of speak_lib.h
    _fields_ = [('type', C.c_int), ('uid', C.c_uint), ('position', C.c_int), ('length', C.c_int), ('ms', C.c_int), ('sample', C.c_int),
                ('user', C.c_void_p), ('id', _Id)]


_lib, _rate, _sound, _events = None, 0, [], []
_END, _PHONEME = 0, 7


@C.CFUNCTYPE(C.c_int, C.POINTER(C.c_short), C.c_int, C.POINTER(_Event))
def _hear(wave, n, e):
    if n > 0:
        _sound.append(C.string_at(wave, 2 * n))
    i = 0
    while e[i].type != _END:
        if e[i].type == _PHONEME:
            _events.append((e[i].sample, e[i].id.string.decode()))
        i += 1
    return 0


def _espeak(voice, text, rate, pitch):
    global _lib, _rate
    if _lib is None:
        _lib = C.CDLL('libespeak-ng.so.1')
        _rate = _lib.espeak_Initialize(2, 0, None, 1)  # synchronous, with phoneme events
        assert _rate > 0, 'espeak-ng does not start'
        _lib.espeak_SetSynthCallback(_hear)
    assert _lib.espeak_SetVoiceByName(voice.encode()) == 0, voice
    _lib.espeak_SetParameter(1, rate, 0)   # words a minute
    _lib.espeak_SetParameter(3, pitch, 0)  # 0..99
    _sound.clear(); _events.clear()
    raw = text.encode()
    assert _lib.espeak_Synth(raw, len(raw) + 1, 0, 1, 0, 1, None, None) == 0
    x = np.frombuffer(b''.join(_sound), np.int16).astype(np.float32) / 32768
    x = resample_poly(x, 320, 441).astype(np.float32)
    return x, [(p, int(s * RATE / _rate)) for s, p in _events]


def _flite(voice, text, rate):
    with tempfile.TemporaryDirectory() as d:
        out = subprocess.run(['flite', '-voice', voice, '--setf', f'duration_stretch={165 / rate}', '-psdur', '-t', text, '-o', d + '/a.wav'],
                             check=True, capture_output=True, text=True).stdout
        r, x = wavfile.read(d + '/a.wav')
    assert r == RATE
    phones, at = [], 0.0
    for p, end in re.findall(r'(\S+):([0-9.]+)', out):
        phones.append((p, int(at * RATE)))
        at = float(end)
    return x.astype(np.float32) / 32768, phones


# espeak-ng's and flite's names of English sounds, brought to one set. What is two sounds in one and one in the other is split.
_ENGLISH = {'3:': 'er', '3': 'er', '@': 'ax', 'a#': 'ax', '@L': 'ax l', 'I2': 'ih', 'i': 'iy', 'I': 'ih', 'I#': 'ih', 'i:': 'iy', 'E': 'eh', 'E#': 'eh',
            'a': 'ae', 'aa': 'ae', 'A:': 'aa', 'A@': 'aa r', 'A#': 'aa', '0': 'aa', '0#': 'aa', 'O:': 'ao', 'O': 'ao', 'O@': 'ao r', 'o@': 'ao r', 'oU': 'ow', 'oU#': 'ow',
            'U': 'uh', 'u:': 'uw', 'u': 'uw', 'V': 'ah', 'eI': 'ey', 'aI': 'ay', 'OI': 'oy', 'aU': 'aw', 'e@': 'eh r', 'i@': 'ih r', 'i@3': 'ih r', 'U@': 'uh r',
            'aI@': 'ay ax', 'aU@': 'aw ax', 'tS': 'ch', 'dZ': 'jh', 'S': 'sh', 'Z': 'zh', 'T': 'th', 'D': 'dh', 'N': 'ng', 'j': 'y', 'h': 'hh', 't#': 't', 't2': 't',
            'd#': 'd', '*': 't', 'r-': 'r', 'n-': 'ax n', 'l#': 'l', 'z#': 'z', 'w#': 'w', '@-': 'ax', '@2': 'ax', 'O2': 'ao', '?': '_'}
_FLITE = {'axr': 'er', 'dx': 't', 'el': 'ax l', 'en': 'ax n', 'ix': 'ih', 'nx': 'n', 'pau': '_', 'brth': '_', 'h#': '_', 'ssil': '_'}
# Sounds of one letter that espeak-ng varies by their neighbours. A long vowel is how it says ğ after one.
_AZERBAIJANI = {'L': 'l', '*': 'R', 'r': 'R', '@-': '@', 'ts': 's', 'Z': 'dZ', 'aI': 'a', 'e:': 'e', '@:': '@', '&:': '&', 'u:': 'u', 'i:': 'i', 'y:': 'y', 'W:': 'W'}


def _tidy(lang, engine, phones, end):
    out = []
    for k, (p, at) in enumerate(phones):
        until = phones[k + 1][1] if k + 1 < len(phones) else end
        if p.startswith('_') or p in ('', ';'):
            names = ['_']
        elif engine == 'flite':
            names = _FLITE.get(p, p).split()
        elif lang == 'en':
            names = _ENGLISH.get(p, p).split()
        else:
            names = [_AZERBAIJANI.get(p, p)]
        for i, n in enumerate(names):
            if not out or out[-1][0] != n or n != '_':
                out.append((n, at + (until - at) * i // len(names)))
    return out + [('_', end)]


def say(lang, voice, text, rate=165, pitch=50):
    """voice: 'espeak:VARIANT' or 'flite:VOICE'. rate in words a minute, pitch 0..99 about the variant's own."""
    engine, name = voice.split(':')
    if engine == 'flite':
        x, phones = _flite(name, text, rate)
    else:
        x, phones = _espeak({'az': 'az', 'en': 'en-us'}[lang] + ('+' + name if name else ''), text, rate, pitch)
    return x, _tidy(lang, engine, phones, len(x))


def phones_of(lang, voice, text):
    """The sounds of a text alone, without pauses."""
    return [p for p, _ in say(lang, voice, text)[1] if p != '_']
