package main

// ownWords are what only this page says.
var ownWords = map[string]words{
	"title":  {"az": "Səs maskası: maskadan əvvəl və sonra", "en": "The voice mask: before and after", "ru": "Маскировка голоса: до и после"},
	"before": {"az": "maskadan əvvəl", "en": "before the mask", "ru": "до маскировки"},
	"woman":  {"az": "Qadın", "en": "Woman", "ru": "Женщина"},
	"man":    {"az": "Kişi", "en": "Man", "ru": "Мужчина"},
	"what": {
		"az": "Üç cümləni kompüter səsi deyir: bir dəfə qadın, bir dəfə kişi kimi. Şəkillər səsin spektrini göstərir: soldan sağa vaxt, aşağıdan yuxarıya tezlik (8 kHz-ə qədər). Maskadan sonra iki şəkil bir-birinə oxşamalı, sözlər isə aydın qalmalıdır.",
		"en": "A computer voice says three sentences, once as a woman and once as a man. The pictures show the spectrum of the sound: time from left to right, frequency from bottom to top (up to 8 kHz). After the mask the two pictures should look alike, and the words should stay clear.",
		"ru": "Три фразы произносит компьютерный голос: один раз как женщина, один раз как мужчина. Картинки показывают спектр звука: время слева направо, частота снизу вверх (до 8 кГц). После маскировки обе картинки должны быть похожи, а слова — оставаться понятными.",
	},
	"listen": {
		"az": "Diqqətlə dinləyin: «görmədim» sözündə inkar, «on beşində», «yeddidə» sözlərində rəqəmlər, «var idi» və «yox idi» eşidilirmi?",
		"en": "Listen for what must not turn: the negation in “görmədim” and “vermədilər”, the numbers in “on beşində” and “yeddidə”, “var idi” and “yox idi”.",
		"ru": "Обратите внимание на то, что не должно исказиться: отрицание в «görmədim» и «vermədilər», числа в «on beşində» и «yeddidə», «var idi» и «yox idi».",
	},
	"limit": {
		"az": "Bu səhifə yalnız nümayiş üçündür. Burada heç bir insanın səsi yoxdur, ona görə də səhifə maskanın insanı nə dərəcədə gizlətdiyini göstərmir.",
		"en": "This page is for demonstration only. No person speaks on it, so it does not show how well the mask hides a person.",
		"ru": "Эта страница только для демонстрации. Здесь не звучит голос человека, поэтому она не показывает, насколько хорошо маска скрывает человека.",
	},
}
