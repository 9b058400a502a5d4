// Package courtroomui holds the built web pages of the court and the texts they are written in, so that the gateway
// and the station carry them inside their binaries.
//
// It lives here, and not beside its users, because go:embed cannot reach a sibling folder. Nothing is decided here:
// no routes, no headers, no rendering. The pages are built by `npm run build` and committed, so that Go builds
// without Node.
package courtroomui

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

//go:embed locales
var locales embed.FS

// Dist is the built interface: index.html (every seat's page), kiosk.html (the shielded room's page) and assets/
// (names by content hash, so they may be cached for ever; the two pages may not).
var Dist = sub(dist, "dist")

// Locales holds az.json, en.json, ru.json and, under prompts/, the spoken prompts a court has recorded. A value is a
// string, or an object {"text","source"} for a label of the law, whose source is "terms" or "proposal".
var Locales = sub(locales, "locales")

// sub cannot fail for a folder that go:embed has found at build time; a failure is a broken binary.
func sub(from embed.FS, folder string) fs.FS {
	inner, err := fs.Sub(from, folder)
	if err != nil {
		panic("courtroomui: " + err.Error())
	}
	return inner
}
