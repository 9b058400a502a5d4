package store

// identities holds the vault's ciphertext and its orders (gateway/identity). Part of version 2.
const identities = `
`
