//go:build race

package main

// shadowed says that memory from 0x2000_0000_0000 to 0x4000_0000_0000 is the race detector's shadow (compiler-rt, tsan_platform.h): it says which bytes were touched, and
// holds none of them. Without the detector the heap itself may lie there: Go draws its place.
const shadowed = true
