package custody

// Who may have which file of an incident that she may see. Whether she may see it is not asked here (gateway/incident.MaySee, and the register's rules). The zero
// value may have nothing.
type Reader struct {
	By    By
	Bench bool // a judge of the court, or a seat of the hearing's bench
	Party bool // of those whom the incident was put before: a prosecutor, a victim's lawyer, defence counsel, the clerk
}

// File is what may be asked for.
type File string

// The files of a piece of evidence.
const (
	Original   File = "original" // a clip; an attachment as it came
	CopyOfFile File = "copy"     // what was rendered anew of an attachment
)

// May says whether a reader may have a file. The bench may have all; who attached a file may have it and its copy; a party has copies; nobody has what is erased, or what is
// not there.
func May(r Reader, i Item, f File) bool {
	if i.State != Kept || i.ID == "" || f != Original && f != CopyOfFile || f == CopyOfFile && i.Copy == nil {
		return false
	}
	own := i.What == Attachment && i.By.Same(r.By)
	switch {
	case r.Bench, own:
		return true
	case r.Party:
		return f == CopyOfFile
	}
	return false
}

// Verbs are the words of what a reader may do with a piece, for pages.
func Verbs(r Reader, i Item) []string {
	verbs := []string{}
	if May(r, i, Original) {
		verbs = append(verbs, "view", "export")
	}
	if May(r, i, CopyOfFile) {
		verbs = append(verbs, "copy")
	}
	return verbs
}
