package verify

import "strings"

// sentence is one text in the languages of the product.
type sentence struct{ az, en, ru string }

func (s sentence) in(lang string) string {
	switch lang {
	case "en":
		return s.en
	case "ru":
		return s.ru
	}
	return s.az
}

// Text says the problem in a language: az, en or ru.
func (p Problem) Text(lang string) string {
	s, ok := problems[p.Code]
	if !ok {
		return p.Code + ": " + p.Where
	}
	text := strings.ReplaceAll(s.in(lang), "{where}", p.Where)
	if p.Detail != "" {
		text += " (" + p.Detail + ")"
	}
	return text
}

// problems says every problem code. A test holds that none is missing.
var problems = map[string]sentence{
	"zip_form": {
		"Arxivin quruluşu yeganə yol verilən formada deyil: bayt dəyişdirilib, əlavə edilib və ya silinib.",
		"The archive does not have its one permitted form: a byte was changed, added or removed.",
		"Архив не имеет единственно допустимой формы: байт изменён, добавлен или удалён."},
	"file_missing": {
		"{where}: fayl yoxdur.",
		"{where}: the file is missing.",
		"{where}: файл отсутствует."},
	"file_crc": {
		"{where}: faylın məzmunu zədələnib və ya dəyişdirilib.",
		"{where}: the content is damaged or was changed.",
		"{where}: содержимое повреждено или изменено."},
	"file_hash": {
		"{where}: fayl bundle.json-da göstərilən fayl deyil.",
		"{where}: this is not the file that bundle.json names.",
		"{where}: это не тот файл, который указан в bundle.json."},
	"file_other": {
		"{where}: fayl protokola yazılmış fayl deyil.",
		"{where}: this is not the file that was entered in the record.",
		"{where}: это не тот файл, который внесён в запись."},
	"file_unlisted": {
		"{where}: fayl bundle.json-da yoxdur və ya orada olmamalıdır.",
		"{where}: the file is not listed in bundle.json, or must not be listed there.",
		"{where}: файл не указан в bundle.json или не должен быть там указан."},
	"bundle_form": {
		"bundle.json yol verilən formada deyil.",
		"bundle.json does not have its permitted form.",
		"bundle.json не имеет допустимой формы."},
	"bundle_other": {
		"bundle.json iclas bağlananda möhürlənmiş fayl deyil.",
		"bundle.json is not the one that was sealed when the hearing ended.",
		"bundle.json — не тот файл, который был скреплён при завершении заседания."},
	"key_form": {
		"ledger/key yol verilən formada deyil.",
		"ledger/key does not have its permitted form.",
		"ledger/key не имеет допустимой формы."},
	"key_other": {
		"Qeyd sizin etibar etdiyiniz açarla imzalanmayıb.",
		"The record was not signed with the key that you trust.",
		"Запись подписана не тем ключом, которому вы доверяете."},
	"checkpoint_form": {
		"ledger/checkpoint: məhkəmənin imzası bu qeydi təsdiq etmir.",
		"ledger/checkpoint: the court's signature does not confirm this record.",
		"ledger/checkpoint: подпись суда не подтверждает эту запись."},
	"size_other": {
		"Qeyddəki hadisələrin sayı imzalanmış saydan fərqlidir.",
		"The number of entries is not the number that was signed.",
		"Число событий отличается от подписанного."},
	"root_other": {
		"Hadisələr məhkəmənin imzaladığı hadisələr deyil: biri dəyişdirilib, əlavə edilib, silinib və ya yeri dəyişdirilib.",
		"The entries are not those that the court signed: one was changed, added, removed or moved.",
		"События — не те, которые подписал суд: одно изменено, добавлено, удалено или переставлено."},
	"line_form": {
		"{where}: sətir yol verilən formada deyil.",
		"{where}: the line does not have its permitted form.",
		"{where}: строка не имеет допустимой формы."},
	"payload_form": {
		"{where}: məzmun oxunmur.",
		"{where}: the content cannot be read.",
		"{where}: содержимое не читается."},
	"index_gap": {
		"{where}: hadisələrin nömrələnməsində boşluq var.",
		"{where}: the entries are not numbered without gaps.",
		"{where}: нумерация событий нарушена."},
	"time_back": {
		"{where}: vaxt əvvəlki hadisədən geridədir.",
		"{where}: the time is before that of the entry before.",
		"{where}: время раньше, чем у предыдущего события."},
	"hearing_other": {
		"{where}: başqa məhkəmə iclasına aiddir.",
		"{where}: this belongs to another hearing.",
		"{where}: относится к другому заседанию."},
	"not_sealed": {
		"Yekun qeyd yoxdur: iclasın qeydi bağlanmayıb və ya sonu kəsilib.",
		"The closing entry is missing: the record was not closed, or its end was cut off.",
		"Нет завершающей записи: запись не закрыта или её конец отрезан."},
	"after_closing": {
		"{where}: yekun qeyddən sonra hadisə var.",
		"{where}: an entry follows the closing entry.",
		"{where}: событие после завершающей записи."},
	"not_signed": {
		"Protokol tələb olunan şəxs tərəfindən imzalanmayıb.",
		"The protocol was not signed by everyone who had to sign it.",
		"Протокол не подписан теми, кто должен был его подписать."},
	"signer_unknown": {
		"{where}: imza bu yerə qeyd edilmiş açarla qoyulmayıb.",
		"{where}: the signature was not made with a key enrolled for this seat.",
		"{where}: подпись сделана не ключом, внесённым для этого места."},
	"signature_wrong": {
		"{where}: imza düzgün deyil.",
		"{where}: the signature is not right.",
		"{where}: подпись неверна."},
	"statement_other": {
		"{where}: imzalanan bəyanat bu protokola aid deyil.",
		"{where}: the statement that was signed does not name this protocol.",
		"{where}: подписанное заявление не относится к этому протоколу."},
	"touch_wrong": {
		"{where}: giriş açarı ilə təsdiq bu hərəkət üçün verilməyib və ya dəyişdirilib.",
		"{where}: the touch of the passkey was not given for this act, or was changed.",
		"{where}: подтверждение ключом доступа дано не для этого действия или изменено."},
	"key_proof_wrong": {
		"{where}: anbar açarı ilə təsdiq bu hərəkət üçün verilməyib, başqa hesaba aiddir və ya dəyişdirilib.",
		"{where}: the proof by the vault's key was not given for this act, is another account's, or was changed.",
		"{where}: подтверждение ключом хранилища дано не для этого действия, принадлежит другой учётной записи или изменено."},
	"act_unproved": {
		"{where}: bu hərəkətdən əvvəl həmin hesabın təsdiqi yoxdur.",
		"{where}: no proof of this account stands before this act.",
		"{where}: перед этим действием нет подтверждения этой учётной записи."},
	"touch_other": {
		"{where}: bundan əvvəlki təsdiq başqa hərəkət üçündür.",
		"{where}: the touch before it is for another act.",
		"{where}: предшествующее подтверждение относится к другому действию."},
	"recording_missing": {
		"{where}: qeydə alınmış yazı yoxdur.",
		"{where}: a recording that was entered is missing.",
		"{where}: отсутствует внесённая запись."},
	"recording_twice": {
		"{where}: yazı iki dəfə qeyd edilib.",
		"{where}: the recording was entered twice.",
		"{where}: запись внесена дважды."},
	"recording_unknown": {
		"{where}: bu yazı heç bir hadisədə göstərilmir.",
		"{where}: no entry names this recording.",
		"{where}: ни одно событие не называет эту запись."},
}

// The sentences of the report itself.
var (
	sayValid       = sentence{"ETİBARLIDIR", "VALID", "ДЕЙСТВИТЕЛЬНО"}
	sayInvalid     = sentence{"ETİBARLI DEYİL", "NOT VALID", "НЕДЕЙСТВИТЕЛЬНО"}
	sayCase        = sentence{"İş", "Case", "Дело"}
	sayHearing     = sentence{"İclas", "Hearing", "Заседание"}
	sayEntries     = sentence{"Hadisələr", "Entries", "Событий"}
	sayWithheld    = sentence{"Onlardan məzmunu verilməyən", "Of them withheld", "Из них без содержания"}
	saySealed      = sentence{"Bağlanıb", "Sealed", "Скреплено"}
	sayKey         = sentence{"Məhkəmə açarının izi", "Fingerprint of the court's key", "Отпечаток ключа суда"}
	sayCompared    = sentence{"etibar etdiyiniz açarla müqayisə edildi", "compared with the key that you trust", "сверен с ключом, которому вы доверяете"}
	sayNotCompared = sentence{"məlum açarla müqayisə edilməyib", "not compared with a known key", "не сверен с известным ключом"}
	saySignature   = sentence{"İmza", "Signature", "Подпись"}
	sayRecording   = sentence{"Yazı", "Recording", "Запись"}
	sayGap         = sentence{"Yazıda boşluq", "Gap in a recording", "Пробел в записи"}
	sayGapEntered  = sentence{"protokolda qeyd edilib", "entered in the record", "внесён в протокол"}
	sayGapFound    = sentence{"hissələr arasında", "between two segments", "между двумя частями"}
	sayProblem     = sentence{"Qüsur", "Defect", "Дефект"}
	saySeconds     = sentence{"s", "s", "с"}
)
