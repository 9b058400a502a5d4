// Package fonts is the typeface of the papers that a court gives out: Noto Sans (SIL Open Font License, OFL.txt), which has every letter of Azerbaijani and
// Russian. It is embedded, so that a paper looks the same on every machine.
package fonts

import _ "embed"

// Regular and Bold are TrueType files. Nobody may write to them.
var (
	//go:embed NotoSans-Regular.ttf
	Regular []byte
	//go:embed NotoSans-Bold.ttf
	Bold []byte
)
