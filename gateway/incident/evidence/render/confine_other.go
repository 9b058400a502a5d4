//go:build !linux

package render

import "os/exec"

// confines says why this system confines nothing.
const confines = "only Linux confines the program"

// confine does nothing here: parda's gateway runs on Linux, and on other systems this is for development alone.
func confine() error { return nil }

func alone(*exec.Cmd) {}
