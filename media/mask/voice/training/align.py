"""Which phone is spoken at each hop, by pocketsphinx: it hears the phones of the transcript, in their order, as words of a grammar that has no other."""
import os, subprocess, tempfile
import numpy as np, soundfile as sf
MODEL = '/usr/share/pocketsphinx/model/en-us/'; HOP = 160
PHONES = 'SIL AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH'.split()
LEXICON = {w: p for w, *p in (l.split() for l in open(MODEL+'cmudict-en-us.dict')) if '(' not in w}
def phones(text):
    words = text.lower().split(); return None if any(w not in LEXICON for w in words) else [p for w in words for p in LEXICON[w]]
def align(items):
    """[(sound at 16 kHz, text)] -> [label of each hop (index in PHONES), or None where the words are unknown or were not found]"""
    out = [None]*len(items)
    with tempfile.TemporaryDirectory() as d:
        open(d+'/dict', 'w').write(''.join(f'{p} {p}\n' for p in PHONES[1:])); used = []
        for u, (x, t) in enumerate(items):
            p = phones(t)
            if not p: continue
            sf.write(f'{d}/{u}.wav', x, 16000, 'PCM_16'); used.append(str(u))
            open(f'{d}/{u}.fsg', 'w').write(f'FSG_BEGIN <a>\nNUM_STATES {len(p)+1}\nSTART_STATE 0\nFINAL_STATE {len(p)}\n'+''.join(f'TRANSITION {i} {i+1} 1.0 {q}\n' for i, q in enumerate(p))+'FSG_END\n')
        open(d+'/ctl', 'w').write('\n'.join(used)+'\n')
        subprocess.run(['pocketsphinx_batch', '-hmm', MODEL+'en-us', '-dict', d+'/dict', '-fsgctl', d+'/ctl', '-fsgdir', d, '-fsgext', '.fsg', '-cepdir', d, '-cepext', '.wav', '-adcin', 'yes', '-adchdr', '44', '-ctl', d+'/ctl', '-hypseg', d+'/seg', '-beam', '1e-80', '-pbeam', '1e-80', '-wbeam', '1e-60', '-bestpath', 'no', '-fsgusealtpron', 'no'], check=True, capture_output=True)
        for line in open(d+'/seg'):
            f = line.split(); u = int(f[0]); body = f[f.index('L')+2:]; seen = []
            for j, w in enumerate(body[:-1]):
                if w in PHONES or w[0] in '<+[': seen.append((int(body[j-3]) if j >= 3 else 0, w))   # each word comes after its start frame and two scores
            if [w for _, w in seen if w in PHONES] != phones(items[u][1]): continue
            lab = np.zeros(len(items[u][0])//HOP, np.int16)
            for (a, w), (b, _) in zip(seen, seen[1:]+[(int(body[-1]) if body[-1].isdigit() else len(lab), '')]): lab[a:b] = PHONES.index(w) if w in PHONES else 0
            out[u] = np.r_[np.zeros(1, np.int16), lab[:-1]]   # a hop's frame ends with it
    return out
