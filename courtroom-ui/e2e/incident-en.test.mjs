// The story of intimidation in one language (incident.story.mjs): a file of its own, because a file's tests have one limit of time.
process.env.LANGS = 'en';
await import('./incident.story.mjs');
