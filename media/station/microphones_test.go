package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"parda/media/mask"
	"parda/media/mask/voice"
	"parda/media/publish"
)

// Whoever sits in the shielded room, an interpreter or a support person beside the witness, is heard by the court through one of the room's microphones
// or not at all: a program that sends what a microphone gives does not compile, and the places that may touch raw sound are few and named here.

func TestWhatAMicrophoneGivesCannotBeSent(t *testing.T) {
	raw, masked := reflect.TypeFor[*mask.RawSound](), reflect.TypeFor[*voice.Masked]()
	read, _ := reflect.TypeFor[microphone]().MethodByName("Read")
	if read.Type.NumIn() != 1 || read.Type.In(0) != raw {
		t.Errorf("a microphone gives %v, not raw sound", read.Type)
	}
	for _, sender := range []reflect.Type{reflect.TypeFor[outlet](), reflect.TypeFor[publication](), reflect.TypeFor[*publish.Publisher](), reflect.TypeFor[maskedEncoder]()} {
		sound, ok := sender.MethodByName("Sound")
		takes := sound.Type.In(sound.Type.NumIn() - 1)
		if !ok || takes != masked || raw.AssignableTo(takes) || raw.ConvertibleTo(takes) {
			t.Errorf("%v takes %v: masked sound alone may be sent", sender, takes)
		}
	}
	path, n := reflect.TypeFor[testimony](), 0
	for i := range path.NumField() {
		if path.Field(i).Type == reflect.TypeFor[microphone]() {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the witness path holds %d microphones: one goes into the masks, and there is never a second one", n)
	}
}

func TestRawSoundIsTouchedOnlyWhereItIsMasked(t *testing.T) {
	allowed := map[string]string{
		"cadence.go":   "the ring between the microphone's pace and the clock's",
		"devices.go":   "opens devices and reads from them",
		"maskclip.go":  "the offline command",
		"masks.go":     "the masks",
		"testimony.go": "reads the one microphone, and feeds the masks",
		"voices.go":    "feeds the masks",
	}
	readers := 0
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if s.Sel.Name == "RawSound" && allowed[path] == "" {
				t.Errorf("%s handles raw sound: whatever a microphone of the room gives goes into a mask; say here what this file does with it", fset.Position(s.Pos()))
			}
			if inner, ok := s.X.(*ast.SelectorExpr); ok && s.Sel.Name == "Read" && slices.Contains([]string{"microphone", "speaker"}, inner.Sel.Name) {
				readers++
				if path != "testimony.go" {
					t.Errorf("%s reads a microphone", fset.Position(s.Pos()))
				}
			}
			return true
		})
	}
	if readers != 1 {
		t.Errorf("a microphone of the room is read in %d places, not in the one of testimony.go", readers)
	}
}
