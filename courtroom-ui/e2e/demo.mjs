// Starts the real programs of this repository and stops them again: `bin/gateway demo` with its station and courtroom cameras, or the
// gateway alone where a test kills it and must keep the rest alive.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const root = resolve(import.meta.dirname, '../..');
export const folder = (name) => mkdtempSync(join(tmpdir(), `parda-${name}-`));

// With a dozen browsers on the same two cores the programs under test go first, where the user may say so (see chromium.sh).
const first = process.getuid() === 0;
if (first) try { writeFileSync('/proc/self/autogroup', '-10'); } catch { /* a kernel that does not group by session */ }

const bin = (name) => join(root, 'bin', name);

/** A program of ours, its first line of JSON, and how to end it. */
export function start(path, args, { name }) {
  const [program, ...rest] = first ? ['nice', '-n', '-10', path, ...args] : [path, ...args];
  const child = spawn(program, rest, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [];
  const waiting = [];
  let errors = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    const w = waiting.shift();
    if (w) w(line); else lines.push(line);
  });
  child.stderr.on('data', (d) => { errors = (errors + d).slice(-8000); });
  const ended = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
  const line = (withinMs = 120_000) => {
    if (lines.length > 0) return Promise.resolve(lines.shift());
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`${name} printed nothing:\n${errors}`)), withinMs);
      waiting.push((l) => { clearTimeout(timer); done(l); });
      void ended.then(({ code }) => { clearTimeout(timer); fail(new Error(`${name} ended with ${code}:\n${errors}`)); });
    });
  };
  const stop = async (signal = 'SIGINT') => { child.kill(signal); return ended; };
  return { child, line, stop, ended, errors: () => errors };
}

/** `gateway demo` on free ports. */
export async function startDemo({ data = folder('demo'), template = 'identity_hidden', extra = [] } = {}) {
  const p = start(bin('gateway'), ['demo', '-station', bin('station'), '-courtroom', bin('courtroom'), '-data', data, '-template', template, '-port', '0', '-json', ...extra], { name: 'demo' });
  const links = JSON.parse(await p.line());
  return { ...p, data, links, link: (seat) => links.seats.find((s) => s.seat === seat)?.link, log: () => readFileSync(join(data, 'demo.log'), 'utf8') };
}

export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** The gateway by `serve`, on ports that stay the same over restarts, so that pages find it again. */
export async function startServer({ data = folder('serve'), turn = false } = {}) {
  const [local, tls, media, turnPort] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const config = join(data, 'gateway.toml');
  writeFileSync(config, `data = ${JSON.stringify(join(data, 'data'))}
[http]
local = "127.0.0.1:${local}"
listen = "127.0.0.1:${tls}"
[media]
udp = "127.0.0.1:${media}"
tcp = "127.0.0.1:${media}"
addresses = ["127.0.0.1"]
[turn]
udp = "${turn ? `127.0.0.1:${turnPort}` : ''}"
tcp = ""
[access]
seats = "link"
[[hearing]]
id = "demo"
case_no = "1(101)-1/2026"
court = "baku"
pseudonym = "Lalə"
template = "identity_hidden"
reason = "Şahid məhkəmədən əvvəl hədələnib."
views = ["bench"]
`);
  const run = async () => {
    const p = start(bin('gateway'), ['serve', '-config', config, '-json'], { name: 'gateway' });
    return { ...p, links: JSON.parse(await p.line()) };
  };
  return { data, local, tls, certificate: join(data, 'data', 'gateway.crt'), run };
}

export const startStation = (gateway, token, certificate, extra = []) =>
  start(bin('station'), ['testify', '-gateway', gateway, '-gateway-cert', certificate, '-hearing', 'demo', '-token', token, '-camera', 'demo:witness', '-microphone', 'demo:witness', '-state', folder('station'), '-loop', '-kiosk', '127.0.0.1:0', '-json', ...extra], { name: 'station' });

// The limits say that something happens at all, not how fast: a dozen pages on two cores, beside whatever else the machine does, must not fail a test.
// What must be quick is measured by make bench.
const patience = 3;

export async function waitFor(what, ok, withinMs = 20_000) {
  const end = Date.now() + withinMs * patience;
  for (;;) {
    const value = await ok();
    if (value) return value;
    if (Date.now() > end) throw new Error(`did not happen within ${withinMs * patience} ms: ${what}`);
    await new Promise((r) => setTimeout(r, 100));
  }
}
