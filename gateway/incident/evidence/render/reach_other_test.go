//go:build !linux

package render

func try(string)         {}
func tryLandlock(string) {}
