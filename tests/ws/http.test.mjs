// The web server: the page, its headers, and what does not get in.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Client, health, raw, run, serve, status, until } from './lib/room.mjs';

let folder;
let root;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plenum-http-'));
  root = path.join(folder, 'web');
  await mkdir(path.join(root, 'icons'), { recursive: true });
  await writeFile(path.join(folder, 'secret.txt'), 'secret');
  await writeFile(path.join(root, 'index.html'), '<!doctype html>\n');
  await writeFile(path.join(root, 'app.js'), 'export {};\n');
  await writeFile(path.join(root, '.hidden'), 'secret');
  await writeFile(path.join(root, 'empty.css'), '');
  await writeFile(path.join(root, 'big.bin'), Buffer.alloc(3000000, 7));
  await writeFile(path.join(root, 'icons', 'a.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>\n');
});

after(() => rm(folder, { recursive: true }));

const get = (target, headers = '') => `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${headers}\r\n`;

test('files, their types, and headers that keep the page to itself', async (t) => {
  const server = await serve(t, { 'http.root': root });
  for (const [name, type, length] of [
    ['', 'text/html; charset=utf-8', 16],
    ['index.html', 'text/html; charset=utf-8', 16],
    ['app.js?x=../..', 'text/javascript; charset=utf-8', 11],
    ['icons/a.svg', 'image/svg+xml', 42],
    ['empty.css', 'text/css; charset=utf-8', 0],
    ['big.bin', 'application/octet-stream', 3000000],
  ]) {
    const response = await fetch(server.url + name);
    assert.equal(response.status, 200, name);
    assert.equal(response.headers.get('content-type'), type);
    assert.equal((await response.arrayBuffer()).byteLength, length);
    assert.match(response.headers.get('content-security-policy'), /default-src 'self'/);
    assert.match(response.headers.get('permissions-policy'), /camera=\(self\)/);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(response.headers.get('cache-control'), 'no-cache');
    const again = await fetch(server.url + name, { headers: { 'if-none-match': response.headers.get('etag') } });
    assert.equal(again.status, 304);
    const head = await fetch(server.url + name, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.headers.get('content-length'), String(length));
  }
});

test('nothing outside of the root, nothing hidden', async (t) => {
  const server = await serve(t, { 'http.root': root });
  for (const target of [
    '/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/%2e%2e%2fsecret.txt', '/icons/../../secret.txt',
    '/icons/..%5c..%5csecret.txt', '/....//secret.txt', '//secret.txt', '/.hidden', '/%2ehidden', '/icons/', '/icons',
    '/index.html%00.js', '/index.html/', '/%', '/%zz', '/%c0%ae%c0%ae/secret.txt', `/${'a'.repeat(5000)}`, '/none.js',
    'http://127.0.0.1/../secret.txt', '/etc/passwd', '//etc/passwd',
  ]) {
    const text = await raw(server, get(target));
    assert.doesNotMatch(text, /secret$/, target);
    assert.doesNotMatch(text, /root:/, target);
    assert.notEqual(status(text), 200, target);
  }
  assert.equal((await health(server)).status, 'ok');
});

test('other methods, broken requests', async (t) => {
  const server = await serve(t, { 'http.root': root });
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const text = await raw(server, `${method} / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc`);
    assert.ok([0, 403, 404, 405].includes(status(text)), `${method}: ${text}`);
    if (method === 'POST') assert.match(text, /405[^]*allow: GET, HEAD/);
  }
  for (const bytes of ['\0\0\0\0\r\n\r\n', 'GET\r\n\r\n', 'HELLO / HTTP/9.9\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20000)}\r\n\r\n`]) {
    assert.notEqual(status(await raw(server, bytes, { timeout: 15000 })), 200);
  }
  assert.equal(status(await raw(server, get('/ws'))), 426);
  assert.equal((await health(server)).status, 'ok');
});

test('/health counts', async (t) => {
  const server = await serve(t, { 'http.root': root });
  const client = await Client.open(server.ws);
  await client.result('join', { room: 'r', name: 'N' });
  const { version, ...counts } = await health(server);
  assert.deepEqual(counts, {
    status: 'ok', rooms: 1, participants: 1, sockets: 1, streams: 0, load: 1, shed: 'nothing', turned_away: 0,
    published: 0, played: 0, trickled: 0, restarted: 0, deleted: 0, refused: 0,
  });
  assert.match(version, /^\d+\.\d+\.\d+$/);
});

test('who may open a WebSocket', async (t) => {
  const server = await serve(t, { 'http.root': root });
  const refused = async (url, options) => {
    const error = await Client.open(url, options).then(() => null, (problem) => problem);
    return Number(/Unexpected server response: (\d+)/.exec(error?.message ?? '')?.[1] ?? 0);
  };
  const own = `http://127.0.0.1:${server.port}`;
  await Client.open(server.ws); // no browser
  await Client.open(server.ws, { origin: own });
  for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1', `http://127.0.0.1:${server.port}.evil.example`, `http://evil.example/?${own}`, 'x'.repeat(400)]) {
    assert.equal(await refused(server.ws, { origin }), 403, origin);
  }
  assert.equal(await refused(`${server.ws}x`), 404);
  assert.equal(await refused(server.ws.replace('/ws', '/')), 404);
  assert.equal(await refused(server.ws, { protocol: 'other' }), 400);
  assert.equal(await refused(server.ws, { protocol: [] }), 400);
  const listed = await serve(t, { 'http.root': root, 'http.origins': 'https://a.example https://b.example' });
  await Client.open(listed.ws, { origin: 'https://b.example' });
  assert.equal(await refused(listed.ws, { origin: `http://127.0.0.1:${listed.port}` }), 403);
  const any = await serve(t, { 'http.root': root, 'http.origins': '*' });
  await Client.open(any.ws, { origin: 'https://evil.example' });
});

test('above the cap: 503, and a place that is left is free again', async (t) => {
  const server = await serve(t, { 'http.root': root, 'http.connections': 3 });
  const clients = await Promise.all([1, 2, 3].map(() => Client.open(server.ws)));
  await assert.rejects(Client.open(server.ws), /503/);
  assert.equal((await health(server)).sockets, 3); // the page is still served
  const idle = Array.from({ length: 100 }, () => net.connect(server.port, '127.0.0.1').on('error', () => {}));
  const closed = idle.map((socket) => once(socket, 'close').catch(() => {}));
  await Promise.race(closed); // those above the spare ones are closed at once
  idle.forEach((socket) => socket.destroy());
  await Promise.all(closed);
  clients[0].cut();
  await until('a free place', () => Client.open(server.ws).then(() => true, () => false));
});

test('headers that trickle in, and a connection that asks nothing, are closed', async (t) => {
  const server = await serve(t, { 'http.root': root });
  const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
  const idle = net.connect(server.port, '127.0.0.1').on('error', () => {});
  socket.write('GET / HTTP/1.1\r\n');
  const trickle = setInterval(() => socket.write('X: y\r\n'), 500);
  const start = Date.now();
  idle.resume();
  socket.resume();
  await Promise.all([once(socket, 'close'), once(idle, 'close')]);
  clearInterval(trickle);
  assert.ok(Date.now() - start < 20000);
});

test('TLS: a certificate made once, for this machine; plain HTTP is sent there', async (t) => {
  const set = { 'http.root': root, 'http.tls': 'auto', 'http.tls_dir': path.join(folder, 'tls') };
  const server = await serve(t, set);
  const fresh = { rejectUnauthorized: false, agent: new https.Agent({ maxCachedSessions: 0 }) };
  const [response] = await once(https.get(server.url, { ...fresh, ALPNProtocols: ['h2', 'http/1.1'] }), 'response');
  const certificate = response.socket.getPeerCertificate();
  response.resume();
  assert.equal(response.statusCode, 200);
  assert.match(certificate.subjectaltname, /DNS:localhost.*IP Address:127\.0\.0\.1/);
  const client = await Client.open(server.ws);
  await client.result('join', { room: 'r', name: 'N' });
  client.socket.close();
  assert.match(await raw(server, get('/x')), /^HTTP\/1\.1 301 [^]*location: https:\/\//);
  await assert.rejects(Client.open(server.ws.replace('wss:', 'ws:')));
  assert.equal((await stat(path.join(folder, 'tls', 'key.pem'))).mode & 0o777, 0o600);
  assert.deepEqual((await readdir(path.join(folder, 'tls'))).sort(), ['cert.pem', 'key.pem']);
  await server.stop();
  const again = await serve(t, set);
  const [second] = await once(https.get(again.url, fresh), 'response');
  second.resume();
  assert.equal(second.socket.getPeerCertificate().fingerprint256, certificate.fingerprint256);
});

test('a port in use, an address that is none, files that are missing: one line, and no server', async (t) => {
  const server = await serve(t, { 'http.root': root });
  const pem = (name) => path.join(folder, `${name}.pem`);
  const key = (options = {}) => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem', ...options });
  await writeFile(pem('empty'), '');
  await writeFile(pem('other'), key());
  await writeFile(pem('locked'), key({ cipher: 'aes-128-cbc', passphrase: 'x' }));
  const { stop } = await serve(t, { 'http.tls': 'auto', 'http.tls_dir': path.join(folder, 'pair'), 'http.root': root });
  await stop();
  const pair = (certificate, its) => ['http.tls=files', `http.certificate=${certificate}`, `http.key=${its}`];
  const good = path.join(folder, 'pair', 'cert.pem');
  for (const [settings, line] of [
    [[`http.port=${server.port}`], /^plenum: http\.port: TCP port \d+ is in use at 127\.0\.0\.1: stop what uses it, or set http\.port\n$/],
    [['http.address=192.0.2.77'], /^plenum: http\.address: 192\.0\.2\.77 is not an address of this machine\n$/],
    [['http.root=/nowhere'], /^plenum: http\.root: cannot read \/nowhere\/index\.html: No such file or directory\n$/],
    [pair('/nowhere/c.pem', '/nowhere/k.pem'), /^plenum: http\.certificate: cannot read \/nowhere\/c\.pem: No such file .*\n$/],
    [pair(pem('empty'), pem('other')), /^plenum: http\.certificate: .*empty\.pem has no certificate in PEM\n$/],
    [pair(good, '/nowhere/k.pem'), /^plenum: http\.key: cannot read \/nowhere\/k\.pem: No such file .*\n$/],
    [pair(good, pem('empty')), /^plenum: http\.key: .*empty\.pem has no private key in PEM without a passphrase\n$/],
    [pair(good, pem('locked')), /^plenum: http\.key: .*locked\.pem has no private key in PEM without a passphrase\n$/],
    [pair(good, pem('other')), /^plenum: http\.key: .*other\.pem is not the key of .*cert\.pem\n$/],
    [['http.tls=auto', 'http.tls_dir=/proc/nowhere'], /^plenum: http\.tls_dir: cannot make a certificate in \/proc\/nowhere: /],
  ]) {
    const { code, stderr } = await run(settings);
    assert.equal(code, 1);
    assert.match(stderr, line);
  }
});

test('too few open files: no server; fewer than connections: as many connections as there are', async (t) => {
  const { code, stderr } = await run([], 64);
  assert.equal(code, 1);
  assert.match(stderr, /^plenum: too few files may be open at a time: \d+ are needed at least; see ulimit -n\n$/);

  const server = await serve(t, {}, { files: 200 });
  assert.match(server.log(), /http\.connections = 4096, but so few files may be open that it is \d+; see ulimit -n\n/);
  const sockets = Array.from({ length: 300 }, () => net.connect(server.port, '127.0.0.1').on('error', () => {}));
  await until('the answer to most', () => sockets.filter((socket) => socket.destroyed).length > 100);
  for (const socket of sockets) socket.destroy();
  await until('room again', () => health(server).catch(() => false));
  assert.doesNotMatch(server.log(), /accept/);
});
