package store

// accounts holds who may sign in (gateway/access/account). Part of version 2.
const accounts = `
`
