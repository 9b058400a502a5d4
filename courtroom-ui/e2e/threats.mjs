// What the story of intimidation needs beside a hearing: a gateway with the telephone of the body that holds the address, and bodies to refer to; a room whose foot
// switch, pocket switch and alarm key are pipes that speak the kernel's input events; and the register as a page asks it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { folder, freePort, root, start, startStation } from './demo.mjs';

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
/** The register's id of a hearing's flag. */
export const incidentOf = (flag) => `i-${sha256(`parda incident\ndemo\n${flag}`).slice(0, 16)}`;

export const telephone = '+994 12 555 01 02';
export const roomCode = 'BA-17';

const body = `[[referral.body]]
id = "iaqmi"
name_az = "İnsan Alverinə qarşı Mübarizə Baş İdarəsi"
name_en = "Main Department for Combating Trafficking in Human Beings"
name_ru = "Главное управление по борьбе с торговлей людьми"
telephone = "${telephone}"`;

/** The gateway by `serve`. It is killed and started again at its place; with `offset`, the register's clock is moved, by the test's own binary: the product has no such switch. */
export async function startGuarded({ bodies = false } = {}) {
  const data = folder('incident');
  const [local, tls, media] = [await freePort(), await freePort(), await freePort()];
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
udp = ""
tcp = ""
[tripwire]
audio = ${JSON.stringify(join(root, 'bin', 'tripwire'))}
[access]
seats = "link"
[emergency]
telephone = "${telephone}"
body = "DİN İAQMİ"
${bodies ? body : ''}
[[hearing]]
id = "demo"
case_no = "1(101)-1/2026"
court = "baku"
pseudonym = "Lalə"
template = "identity_hidden"
reason = "Şahid məhkəmədən əvvəl hədələnib."
views = ["dock"]
room = "${roomCode}"
`);
  const run = async (offset = '') => {
    const name = offset ? movedBinary() : join(root, 'bin', 'gateway');
    const p = start('env', [...(offset ? ['PARDA_TEST_GATEWAY=1', `PARDA_TEST_CLOCK=${offset}`] : []), name, 'serve', '-config', config, '-json'], { name: 'gateway' });
    return { ...p, links: JSON.parse(await p.line()) };
  };
  return { data, local, tls, url: `http://localhost:${local}`, certificate: join(data, 'data', 'gateway.crt'), run };
}

let moved;
/** The gateway's own tests as a program: their main function is the gateway where it is told so, with a clock that can be moved. */
function movedBinary() {
  if (!moved) {
    moved = join(folder('moved'), 'gateway.test');
    execFileSync('go', ['test', '-c', '-o', moved, './gateway'], { cwd: root, stdio: 'inherit' });
  }
  return moved;
}

/** A camera of the courtroom, small and slow. */
export const startCamera = (server, links, view) =>
  start(join(root, 'bin', 'courtroom'), ['-gateway', `https://localhost:${server.tls}`, '-gateway-cert', server.certificate, '-hearing', 'demo', '-token', links.tokens[`demo/court/${view}`], '-view', view,
    '-camera', `demo:${view}`, '-microphone', `demo:${view}`, '-size', '320x240', '-fps', '5', '-loop'], { name: `camera of the ${view}` });

const [evSyn, evKey] = [0, 1];
/** A switch of the room: a pipe that speaks what /dev/input/event* does (linux/input.h, struct input_event of 64-bit machines). */
function roomSwitch(dir, name) {
  const path = join(dir, name);
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR);
  const event = (type, code, value) => {
    const b = Buffer.alloc(24);
    b.writeBigInt64LE(BigInt(Math.floor(Date.now() / 1000)), 0);
    b.writeUInt16LE(type, 16);
    b.writeUInt16LE(code, 18);
    b.writeInt32LE(value, 20);
    return b;
  };
  return { path, press: (code) => { for (const e of [event(evKey, code, 1), event(evSyn, 0, 0), event(evKey, code, 0), event(evSyn, 0, 0)]) writeSync(fd, e); } };
}

export const keyCodes = { signal: 30, duress: 48, emergency: 46 };

/** The station of a room with three switches. */
export function startRoom(server, links) {
  const dir = folder('switches');
  const keys = Object.fromEntries(Object.keys(keyCodes).map((name) => [name, roomSwitch(dir, name)]));
  const flags = Object.entries(keyCodes).flatMap(([name, code]) => [`-${name}-key`, `${keys[name].path}:${code}`]);
  flags.push('-alarm', 'none', '-width', '320', '-height', '240');
  const station = startStation(`https://localhost:${server.tls}`, links.tokens['demo/witness'], server.certificate, flags);
  return { ...station, press: (name) => keys[name].press(keyCodes[name]) };
}

/** A request of a seat's page to its own door of the register. */
export const ask = (seat, method, path, body, type = 'application/json') => seat.page.evaluate(async ([m, p, b, t, s]) => {
  const at = `/api/demo/incidents${p}${p.includes('?') ? '&' : '?'}seat=${s}`;
  const answer = await fetch(at, { method: m, headers: b === null ? {} : { 'Content-Type': t }, body: b === null ? undefined : JSON.stringify(b) });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  let json = null;
  try { json = JSON.parse(new TextDecoder().decode(bytes)); } catch { /* no JSON */ }
  return { status: answer.status, json, bytes: [...bytes.slice(0, 4_000_000)], headers: Object.fromEntries(answer.headers) };
}, [method, path, body ?? null, type, seat.name]);

export const wordsOf = (lang) => JSON.parse(readFileSync(join(root, 'courtroom-ui', 'locales', `${lang}.json`), 'utf8'));
