package store

// invitations holds who was invited to which seat (gateway/access). Part of version 2.
const invitations = `
`
