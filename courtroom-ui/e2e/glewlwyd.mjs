// Debian's glewlwyd as a ministry's identity provider, on 127.0.0.1: another site than the gateway's localhost, so that cookies behave as between two sites. It is
// configured by its own API; gateway/access/account/provider_glewlwyd_test.go has the same provider without a browser.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, freePort } from './demo.mjs';

const schema = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3';

/** Why it cannot be run here; '' where it can. */
export function missing() {
  for (const [path, name] of [['/usr/bin/glewlwyd', 'glewlwyd'], [schema, 'glewlwyd’s schema'], ['/usr/bin/sqlite3', 'sqlite3'], ['/usr/bin/openssl', 'openssl']])
    if (!existsSync(path)) return `${name} is not installed: deploy/setup.sh test installs Debian's`;
  return '';
}

/** `settings` is what the gateway's configuration needs of it; `to` where it sends people back to. */
export async function startProvider() {
  const dir = folder('provider');
  const at = (name) => join(dir, name);
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('k.pem'), '-out', at('c.pem'), '-days', '2', '-subj', '/CN=provider', '-addext', 'subjectAltName=IP:127.0.0.1');
  openssl('ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', at('jk.pem'));
  openssl('ec', '-in', at('jk.pem'), '-pubout', '-out', at('jp.pem'));
  execFileSync('sqlite3', [at('g.db')], { input: readFileSync(schema) });
  const pages = folder('pages');
  writeFileSync(join(pages, 'login.html'), '<!doctype html><title>the ministry</title>');
  writeFileSync(at('secret'), 's3cretOfTheClient\n', { mode: 0o600 });
  writeFileSync(at('g.conf'), `port=${port}
bind_address="127.0.0.1"
external_url="${url}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="WARNING"
cookie_secure=1
session_expiration=3600
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
max_post_size=1048576
user_module_path="/usr/lib/glewlwyd/user"
user_middleware_module_path="${folder('none')}"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
use_secure_connection=true
secure_connection_key_file="${at('k.pem')}"
secure_connection_pem_file="${at('c.pem')}"
hash_algorithm = "SHA512"
static_files_path="${pages}"
static_files_mime_types = ( { extension = ".html" mime_type = "text/html" compress = 0 } )
database = { type = "sqlite3" path = "${at('g.db')}" };
`);
  const child = spawn('glewlwyd', ['-c', at('g.conf')], { stdio: 'ignore' });
  const stop = () => { child.kill('SIGKILL'); };
  const settings = `[access.provider]
issuer = "${url}/api/oidc"
client_id = "parda"
secret_file = "${at('secret')}"
name = "Ədliyyə"
amr = ["password"]
roots = "${at('c.pem')}"
`;
  return { url, stop, settings, key: readFileSync(at('jk.pem'), 'utf8'), cert: readFileSync(at('jp.pem'), 'utf8') };
}

/** Configures it from one of its own pages: a client that comes back to `back`, and one person, leyla. */
export async function configure(page, provider, back) {
  for (let tries = 0; ; tries += 1) {
    try { await page.goto(`${provider.url}/login.html`, { waitUntil: 'commit' }); break; } catch (e) { if (tries > 100) throw e; await new Promise((done) => setTimeout(done, 100)); }
  }
  const off = (...names) => Object.fromEntries(names.map((n) => [`auth-type-${n}-enabled`, false]));
  const calls = [
    ['POST', '/auth/', { username: 'admin', password: 'password' }],
    ['POST', '/mod/plugin/', { module: 'oidc', name: 'oidc', display_name: 'o', parameters: {
      iss: `${provider.url}/api/oidc`, 'jwt-type': 'ecdsa', 'jwt-key-size': '256', key: provider.key, cert: provider.cert, 'access-token-duration': 600, 'refresh-token-duration': 600,
      'code-duration': 60, 'allow-non-oidc': false, 'auth-type-code-enabled': true, 'auth-type-code-revoke-replayed': true, ...off('token', 'id-token', 'none', 'password', 'client', 'device', 'refresh'),
      'pkce-allowed': true, 'pkce-method-plain-allowed': false, 'pkce-required': true, 'jwks-show': true, 'subject-type': 'public', 'oauth-as-iss-id': true,
      'session-management-allowed': true, 'session-cookie-name': 'S', 'session-cookie-expiration': 3600, 'name-claim': 'no', 'email-claim': 'no' } }],
    ['PUT', '/scope/openid', { display_name: 'openid', description: 'd', password_required: true, password_max_age: 0, scheme: {} }],
    ['POST', '/client/?source=database', { client_id: 'parda', name: 'parda', enabled: true, confidential: true, password: 's3cretOfTheClient', client_secret: 's3cretOfTheClient',
      redirect_uri: [back], authorization_type: ['code'], token_endpoint_auth_method: ['client_secret_basic'] }],
    ['POST', '/user/?source=database', { username: 'leyla', name: 'L', password: 'a password at the ministry', enabled: true, scope: ['openid', 'g_profile'] }],
    ['DELETE', '/auth/', undefined],
  ];
  for (const [method, path, body] of calls) {
    const status = await call(page, method, path, body);
    if (status !== 200) throw new Error(`glewlwyd: ${method} ${path}: ${status}`);
  }
}

const call = (page, method, path, body) => page.evaluate(async ([m, p, b]) => (await fetch(`/api${p}`, { method: m, headers: { 'Content-Type': 'application/json' }, body: b === undefined ? undefined : JSON.stringify(b) })).status, [method, path, body]);

/** What a person does on the provider's page (Debian's package brings no such page for this version's login): signs in, agrees, and is sent back by it. */
export async function signInThere(page, provider) {
  await page.waitForURL((u) => u.origin === provider.url);
  const asked = new URL(page.url()).searchParams.get('callback_url');
  await call(page, 'POST', '/auth/', { username: 'leyla', password: 'a password at the ministry' });
  await call(page, 'PUT', '/auth/grant/parda', { scope: 'openid' });
  await page.evaluate((to) => { location.href = to; }, `${asked}&g_continue`);
}
