//go:build race

package likeness

// raced says that the race detector is on, which makes the masks and the encoders ten times slower: what is pure computation is then done once.
const raced = true
