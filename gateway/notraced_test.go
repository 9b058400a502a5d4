//go:build !race

package main

const shadowed = false
