package statistics

import (
	"encoding/csv"
	"io"
	"strconv"
)

// CSV writes cells as RFC 4180, with a line of names. Every field is a code of a closed list or a number, so that no spreadsheet finds a formula in it.
func CSV(w io.Writer, cells []Cell) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write([]string{"table", "court", "kind", "measure", "quarter", "n", "suppressed"}); err != nil {
		return err
	}
	for _, c := range cells {
		n := ""
		if c.N != nil {
			n = strconv.Itoa(*c.N)
		}
		if err := out.Write([]string{c.Table, c.Court, c.Kind, c.Measure, c.Quarter, n, strconv.FormatBool(c.Suppressed)}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
