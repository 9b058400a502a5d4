package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// recovery makes a court's recovery pair on a machine that needs no network: two sheets of paper, each with one half, and a file with the public cards, which
// the vault's page takes. The seeds are on the sheets and nowhere else. The sheets are kept by two persons, apart.
func recovery(court, publicFile string, sheets io.Writer) error {
	if !wordForm.MatchString(court) {
		return fmt.Errorf("give the court with -court, such as baku")
	}
	// Before the sheets are printed: a pair whose public half is lost is of no use.
	f, err := os.OpenFile(publicFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("the file of -public must not be there yet: %w", err)
	}
	var cards []card
	for half := 1; half <= 2; half++ {
		var seed [32]byte
		if _, err := rand.Read(seed[:]); err != nil {
			return err
		}
		k, err := keyOf(seed)
		if err != nil {
			return err
		}
		cards = append(cards, k.card)
		if _, err := fmt.Fprintf(sheets, sheet, court, half, half, half, rows(k.paper()), rows(grouped(k.card.code())), k.card.id()); err != nil {
			return err
		}
		clear(seed[:])
		clear(k.seed[:])
	}
	if err := json.NewEncoder(f).Encode(map[string]any{"parda_recovery": 1, "court": court, "cards": cards}); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

// sheet ends with a form feed, so that each is on a page of its own.
const sheet = `parda
Məhkəmə / Court / Суд: %s
Bərpa açarı / Recovery key / Ключ восстановления: %d / 2

AZ  Açarın %d-ci hissəsi. Möhürlənmiş zərfdə, digər vərəqdən ayrı yerdə, başqa şəxsdə saxlanılır. Surəti çıxarılmır, şəkli çəkilmir.
EN  Half %d of the key. Kept in a sealed envelope, apart from the other sheet, by another person. Not copied, not photographed.
RU  Часть ключа по номеру выше. Хранится в запечатанном конверте, отдельно от другого листа, у другого лица. Не копировать и не фотографировать.

Açar / Key / Ключ

%s
Yoxlama kodu (telefonla və ya şəxsən bildirilir) / Code (told by telephone or in person) / Код (сообщается по телефону или лично)

%s
%s
` + "\f"

// rows writes groups of four, five to a line.
func rows(groups string) string {
	var out strings.Builder
	for i, g := range strings.Fields(groups) {
		switch {
		case i%5 == 0 && i > 0:
			out.WriteString("\n    ")
		case i == 0:
			out.WriteString("    ")
		default:
			out.WriteString("  ")
		}
		out.WriteString(g)
	}
	return out.String() + "\n"
}

func grouped(digits string) string {
	var groups []string
	for len(digits) > 4 {
		groups, digits = append(groups, digits[:4]), digits[4:]
	}
	return strings.Join(append(groups, digits), " ")
}
