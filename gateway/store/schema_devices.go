package store

// devices holds the rooms' enrolled devices (gateway/access/device). Part of version 2.
const devices = `
`
