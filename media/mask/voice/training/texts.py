"""What the synthetic voices read for training/synthetic.py: English words and Azerbaijani sentences, made by seeded generators. None is from the kit's check sets."""
DICTIONARY = '/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict'
def english(n, words, r):
    """n sentences of 5 to 9 words: 3 of 5 from the transcripts, the rest from the whole pronouncing dictionary"""
    rare = sorted({l.split()[0] for l in open(DICTIONARY) if l[0].isalpha() and l.split()[0].isalpha() and 3 < len(l.split()[0]) < 11})
    return [' '.join(r.choice(words) if r.random() < .6 else r.choice(rare) for _ in range(r.randint(5, 9))) for _ in range(n)]

ROOTS = '''ev ata ana uşaq yol gün gecə səhər axşam kənd şəhər qapı pəncərə otaq ağac çay dağ göl su çörək süd duz yağ pul iş söz səs üz göz qulaq baş əl ayaq barmaq ürək qan paltar
maşın avtobus qatar dayanacaq küçə bazar dükan mağaza məktəb müəllim həkim polis hakim vəkil məhkəmə şahid zabit sürücü qonşu dost qardaş bacı oğlan qız kişi qadın xala dayı əmi nənə baba
hava yağış qar külək soyuq isti qış yaz yay payız bulud günəş ulduz torpaq daş qum meşə quş at it pişik qoyun inək gül alma armud üzüm nar ərik heyva limon çiçək bağ tarla
kitab dəftər qələm kağız məktub telefon nömrə saat dəqiqə həftə ay il ad soyad yaş sənəd pasport imza möhür açar kilid divar tavan döşəmə pilləkən zirzəmi mətbəx hamam çarpayı stul masa
bir iki üç dörd beş altı yeddi səkkiz doqquz on iyirmi otuz qırx əlli altmış yetmiş səksən doxsan yüz min böyük kiçik uzun qısa yeni köhnə ağ qara qırmızı yaşıl göy sarı yaxşı pis ağır yüngül
bilet jurnal jaket garaj futbol vaxt fikir həqiqət yalan qorxu ümid sual cavab ictimai hüquq qanun cəza günah ölkə sərhəd viza təyyarə vağzal otel mühafizə təhlükə hədə zərər borc ödəniş əmək haqq'''.split()
VERBS = 'gəl get gör bil al ver yaz oxu danış dinlə qaç dur otur yat dur ye iç aç bağla vur tut apar gətir göndər gözlə axtar tap itir sat işlə qorx ağla gül sev unut düşün soruş çağır qışqır öl qal çıx gir düş qoy sor köç öyrən'.split()
def harmony(root):
    v = [c for c in root if c in 'aıoueəiöü'] or ['a']; back = v[-1] in 'aıou'; rounded = v[-1] in 'ouöü'
    return ('a' if back else 'ə'), ('u' if rounded else 'ı') if back else ('ü' if rounded else 'i')
def azerbaijani(n, r):
    """n sentences: roots and verbs with the suffixes that vowel harmony wants, numbers, and words of no meaning that bring every pair of letters"""
    out = []
    def noun():
        w = r.choice(ROOTS); a, i = harmony(w); k = 'lar' if a == 'a' else 'lər'
        if r.random() < .3: w += k; i = 'ı' if a == 'a' else 'i'
        return w+r.choice(['', '', 'd'+a, 'd'+a+'n', i+'m' if w[-1] not in 'aıoueəiöü' else 'm', 'n'+i+'n' if w[-1] in 'aıoueəiöü' else i+'n'])
    def verb():
        w = r.choice(VERBS); neg = r.random() < .4; a, i = harmony(w)
        if neg: w += 'm'+a; i = 'ı' if a == 'a' else 'i'
        link = 'y' if w[-1] in 'aıoueəiöü' else ''; q = 'q' if a == 'a' else 'k'
        return w+r.choice(['d'+i, 'd'+i+'m', 'd'+i+q, link+a+'c'+a+q, 'm'+i+'ş', link+i+'r'+a+'m' if not neg else 'd'+i+'l'+a+'r', 's'+a, 'm'+a+'l'+i+'d'+i if not neg else 's'+i+'n'])
    def made():
        back = r.random() < .5; V = 'aıou' if back else 'eəiöü'; C = 'bcçdfgğhxjkqlmnprsştvyz'; w = ''
        for k in range(r.randint(2, 3)): w += (r.choice(C) if k == 0 or r.random() < .9 else '')+r.choice(V)+(r.choice(C.replace('ğ', '')) if r.random() < .35 else '')
        return w.lstrip('ğ')
    for _ in range(n):
        w = [r.choice([noun, noun, made, noun])() for _ in range(r.randint(2, 5))]+[verb()]
        if r.random() < .25: w.append(r.choice(['var', 'yox', 'bəli', 'xeyr']))
        out.append(' '.join(w))
    return out

# espeak-ng's variants
VARIANTS = '''Adam Alex Alicia Andrea Andy Annie Antonio Auntie Belinda Benjamin Boris Caleb David Denis Diogo Ed Edward Edward2 Gene Gene2 Gustave Henrique Hugo Iven Iven2 Iven3 Iven4 Jacky John
Kaukovalta Lee Linda Marcelo Marco Mario Max Michael Michel Mike Nguyen Pablo Paul Pedro Quincy Rob Robert Steph Steph2 Steph3 Zac anika f1 f2 f3 f4 f5 grandma grandpa klatt klatt2 klatt3 klatt4 m1 m2 m3 m4 m5 m6 m7 m8 norbert sandro shelby travis victor'''.split()
