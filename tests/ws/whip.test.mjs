// WHIP and WHEP over real sockets: status codes, headers, bodies that come as they like.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Client, health, raw, serve, sign, status, until } from './lib/room.mjs';

const offer = await readFile(new URL('../sdp/chromium-meeting-3-9.sdp', import.meta.url), 'utf8');
const viewer = await readFile(new URL('../sdp/chromium-viewer-1-1.sdp', import.meta.url), 'utf8');
const secret = '0123456789abcdef0123456789abcdef';
const sdp = 'application/sdp';
const fragment = 'application/trickle-ice-sdpfrag';
const restart = 'a=ice-ufrag:efgh\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n';

const ask = (server, method, path, headers = {}, body = undefined) =>
  fetch(new URL(path, server.url), { method, headers, body });
const post = (server, path, { body = offer, type = sdp, ...headers } = {}) =>
  ask(server, 'POST', path, { 'content-type': type, ...headers }, body);
const patch = (server, path, { body = 'a=end-of-candidates\r\n', type = fragment, ...headers } = {}) =>
  ask(server, 'PATCH', path, { 'content-type': type, ...headers }, body);

test('a POST, candidates, an ICE restart, a DELETE', async (t) => {
  const server = await serve(t);
  const ann = await Client.open(server.ws);
  await ann.result('join', { room: 'r', name: 'Ann' });
  const made = await post(server, 'whip/r?name=Caf%C3%A9%20%26%20more');
  const answer = await made.text();
  assert.equal(made.status, 201);
  assert.equal(made.headers.get('content-type'), sdp);
  assert.match(answer, /^v=0\r\n[^]*a=ice-lite\r\n[^]*a=recvonly\r\n[^]*a=candidate:/);
  assert.doesNotMatch(answer, /a=send(only|recv)/);
  const location = made.headers.get('location');
  const etag = made.headers.get('etag');
  assert.match(location, /^\/whip\/r\/2-[0-9a-f]{32}$/);
  assert.equal(etag, `"${/a=ice-ufrag:(\S+)/.exec(answer)[1]}"`);
  const { joined } = await ann.whenTold('roster');
  assert.equal(joined[0].name, 'Café & more');
  assert.deepEqual(joined[0].tracks.map(({ source }) => source), ['mic', 'camera', 'screen']);

  assert.equal((await patch(server, location, { 'if-match': etag })).status, 204);
  const restarted = await patch(server, location, { 'if-match': '*', body: restart });
  assert.equal(restarted.status, 200);
  assert.equal(restarted.headers.get('content-type'), fragment);
  const fresh = restarted.headers.get('etag');
  const lines = await restarted.text();
  assert.notEqual(fresh, etag);
  assert.match(lines, /^a=ice-lite\r\na=group:BUNDLE 0 .*\r\nm=audio 9 UDP\/TLS\/RTP\/SAVPF 0\r\na=mid:0\r\n/);
  assert.equal(`"${/a=ice-ufrag:(\S+)/.exec(lines)[1]}"`, fresh);
  assert.match(lines, /a=ice-pwd:\S{22,}\r\na=candidate:1 1 udp \d+ 127\.0\.0\.1 7900 typ host\r\na=end-of-candidates\r\n$/);
  assert.equal((await patch(server, location, { 'if-match': etag })).status, 412);
  assert.equal((await patch(server, location, { 'if-match': fresh })).status, 204);

  const deleted = await ask(server, 'DELETE', location, { 'if-match': '"any"' });
  assert.equal(deleted.status, 200);
  assert.equal(await deleted.text(), '');
  const { left } = await ann.whenTold('roster', (roster) => roster.left.length);
  assert.deepEqual(left, [{ participant: 2, reason: 'left' }]);
  for (const method of ['DELETE', 'PATCH'])
    assert.equal((await ask(server, method, location, { 'content-type': fragment, 'if-match': '*' })).status, 404);
  const { streams, published, trickled, restarted: again, deleted: ended, refused } = await health(server);
  assert.deepEqual([streams, published, trickled, again, ended, refused], [0, 1, 2, 1, 1, 3]);
  assert.doesNotMatch(server.log(), new RegExp(location.split('-')[1]));
});

test('a player is in the room, and gets the programme as one stream, or one participant', async (t) => {
  const server = await serve(t);
  const ann = await Client.open(server.ws);
  await ann.result('join', { room: 'r', name: 'Ann' });
  for (const [path, participant] of [['whep/r', 2], ['whep/r/1', 3]]) {
    const made = await post(server, path, { body: viewer });
    const answer = await made.text();
    assert.equal(made.status, 201);
    assert.match(made.headers.get('location'), new RegExp(`^/whep/r/${participant}-[0-9a-f]{32}$`));
    assert.deepEqual(answer.match(/^a=msid:.*$/gm), ['a=msid:programme slot-0', 'a=msid:programme slot-1']);
    const { joined } = await ann.whenTold('roster', (roster) => roster.joined[0]?.participant === participant);
    assert.deepEqual(joined, [{ participant, name: 'Viewer', tracks: [] }]);
  }
});

test('what is refused, and how', async (t) => {
  const server = await serve(t);
  const { headers } = await post(server, 'whip/r');
  const mine = headers.get('location').slice(1);
  const etag = headers.get('etag');
  const long = 'x'.repeat(2 ** 20 + 1);
  const foreign = offer.replaceAll(' opus/', ' Xpus/').replaceAll(' VP8/', ' X8/');
  for (const [expected, method, path, options] of [
    [404, 'POST', 'whip'],
    [404, 'POST', 'whip/'],
    [404, 'POST', 'whip/a%20b'],
    [404, 'POST', `whip/${'r'.repeat(65)}`],
    [404, 'POST', 'whip/r/1'],
    [404, 'POST', 'whep/r/9'],
    [404, 'POST', 'whep/r/01'],
    [404, 'OPTIONS', 'whip/a%2fb/c'],
    [404, 'DELETE', mine.replace(/.$/, 'x')],
    [404, 'DELETE', mine.replace('whip', 'whep')],
    [404, 'PATCH', mine.replace('/1-', '/7-')],
    [405, 'GET', 'whip/r'],
    [405, 'HEAD', 'whip/r'],
    [405, 'PUT', 'whip/r'],
    [405, 'PATCH', 'whip/r'],
    [405, 'DELETE', 'whep/r/1'],
    [405, 'GET', mine],
    [405, 'POST', mine],
    [415, 'POST', 'whip/r', { type: 'application/json' }],
    [415, 'POST', 'whip/r', { type: 'application/sdpx' }],
    [415, 'POST', 'whip/r', { type: fragment }],
    [415, 'PATCH', mine, { type: sdp, 'if-match': etag }],
    [406, 'POST', 'whip/r', { accept: 'application/json, text/plain' }],
    [413, 'POST', 'whip/r', { body: long }],
    [413, 'PATCH', mine, { body: long, 'if-match': etag }],
    [400, 'POST', 'whip/r', { body: '' }],
    [400, 'POST', 'whip/r', { body: 'v=0\r\n' }],
    [400, 'POST', 'whip/r', { body: `${offer}\0` }],
    [400, 'POST', 'whip/r', { body: '{"sdp": "v=0"}' }],
    [400, 'POST', 'whip/r', { body: offer.replace(/a=ice-ufrag.*\r\n/g, '') }],
    [400, 'POST', 'whip/r', { body: '\xff\xfe'.repeat(100) }],
    [400, 'POST', `whip/r?name=${'n'.repeat(65)}`],
    [400, 'POST', 'whip/r?name=%01'],
    [400, 'POST', 'whip/r?name=%ff'],
    [406, 'POST', 'whip/r', { body: viewer }],
    [406, 'POST', 'whep/r', { body: viewer.replaceAll('a=recvonly', 'a=sendonly') }],
    [406, 'POST', 'whip/r', { body: foreign }],
    [428, 'PATCH', mine],
    [412, 'PATCH', mine, { 'if-match': '"other"' }],
    [412, 'PATCH', mine, { 'if-match': `W/${etag}` }],
    [400, 'PATCH', mine, { 'if-match': etag, body: 'v=0\r\n' }],
    [400, 'PATCH', mine, { 'if-match': etag, body: 'a=ice-ufrag:new1\r\n' }],
    [201, 'POST', 'whip/r', { type: 'Application/SDP; charset=utf-8', accept: 'text/html, application/*;q=0.5' }],
    [204, 'PATCH', mine, { 'if-match': `"x", ${etag}` }],
  ]) {
    const label = `${method} ${path} ${JSON.stringify(options ?? {}).slice(0, 80)}`;
    const send = { POST: post, PATCH: patch }[method] ?? ((...args) => ask(args[0], method, args[1]));
    const response = await send(server, path, options);
    const words = await response.text();
    assert.equal(response.status, expected, `${label}: ${words}`);
    if (expected >= 400 && method !== 'HEAD') assert.match(words, /^[A-Za-z/][^\n]+\n$/, label);
    const session = path === mine;
    if (expected === 405) assert.equal(response.headers.get('allow'), session ? 'PATCH, DELETE, OPTIONS' : 'POST, OPTIONS');
    if (expected === 415) assert.equal(response.headers.get(session ? 'accept-patch' : 'accept-post'), session ? fragment : sdp);
  }
  assert.deepEqual((await health(server)).participants, 2);
});

test('bodies of no known length, of a wrong one, and such as never end', async (t) => {
  const server = await serve(t);
  const head = (lines, method = 'POST', path = '/whip/r') => `${method} ${path} HTTP/1.1\r\nHost: h\r\nContent-Type: ${sdp}\r\n${lines}\r\n`;
  for (const [expected, bytes] of [
    [411, head('Transfer-Encoding: chunked\r\n') + '3\r\nv=0\r\n0\r\n\r\n'],
    [411, head(`Transfer-Encoding: chunked\r\nContent-Length: ${offer.length}\r\n`) + offer],
    [411, head('')],
    [400, head('Content-Length: -1\r\n')],
    [400, head('Content-Length: 0x10\r\n') + 'x'.repeat(16)],
    [400, head('Content-Length: 3\r\nContent-Length: 5\r\n') + 'v=0\r\n'],
    [400, head('Content-Length: 0\r\nConnection: close\r\n')],
    [413, head('Content-Length: 1048577\r\n')],
    [413, head('Content-Length: 99999999999999999999999\r\n') + 'x'.repeat(3000000)],
    [405, head('Content-Length: 5\r\n', 'PUT') + 'hello'],
    [405, head('Transfer-Encoding: chunked\r\n', 'DELETE') + '0\r\n\r\n'],
  ]) assert.equal(status(await raw(server, bytes)), expected, bytes.slice(0, 160));
  assert.equal((await health(server)).rooms, 0);

  // Who asks whether to send it is told, before a body and instead of one.
  const shy = net.connect(server.port, '127.0.0.1').on('error', () => {});
  let heard = '';
  shy.on('data', (data) => (heard += data));
  shy.write(head(`Content-Length: ${offer.length}\r\nExpect: 100-continue\r\n`, 'POST', '/whip/shy'));
  await until('a word', () => heard === 'HTTP/1.1 100 Continue\r\n\r\n');
  shy.write(offer);
  await until('an answer', () => /^HTTP\/1\.1 100 [^]*\r\n\r\nHTTP\/1\.1 201 /.test(heard));
  await ask(server, 'DELETE', /location: (\S+)/i.exec(heard)[1]);
  shy.destroy();
  assert.equal(status(await raw(server, head('Content-Length: 1048577\r\nExpect: 100-continue\r\n'))), 413);

  // A body may come in pieces, and two requests on one connection; one that trickles is given up.
  const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
  let said = '';
  socket.on('data', (data) => (said += data));
  for (let i = 0; i < 2; i++) {
    socket.write(head(`Content-Length: ${offer.length}\r\n`));
    for (let at = 0; at < offer.length; at += 2000) {
      await new Promise((resolve) => { setTimeout(resolve, 10); });
      socket.write(offer.slice(at, at + 2000));
    }
    await until('an answer', () => said.match(/HTTP\/1\.1 201/g)?.length === i + 1);
  }
  const started = Date.now();
  socket.write(head('Content-Length: 100000\r\n'));
  const trickle = setInterval(() => socket.write('x'), 200);
  await once(socket, 'close');
  clearInterval(trickle);
  assert.ok(Date.now() - started < 15000);

  // A client that goes in the middle of its body has asked nothing.
  const gone = net.connect(server.port, '127.0.0.1').on('error', () => {});
  gone.write(head(`Content-Length: ${offer.length}\r\n`, 'POST', '/whip/other') + offer.slice(0, 100));
  await new Promise((resolve) => { setTimeout(resolve, 100); });
  gone.destroy();
  assert.deepEqual([(await health(server)).rooms, (await health(server)).streams], [1, 2]);
});

test('tokens: as for a WebSocket; a session is reached by its URL', async (t) => {
  const server = await serve(t, { 'auth.secret': secret, 'room.open': 'off' });
  const code = async (authorization, path = 'whip/r') => {
    const response = await post(server, path, authorization ? { authorization } : {});
    return [response.status, response.headers.get('www-authenticate')?.replace(/, error_description="[^"]+"$/, '')];
  };
  const none = 'Bearer realm="plenum"';
  const invalid = `${none}, error="invalid_token"`;
  const bearer = (claims, header) => `Bearer ${sign(secret, claims, header)}`;
  assert.deepEqual(await code(), [401, none]);
  assert.deepEqual(await code('Basic dTpw'), [401, none]);
  assert.deepEqual(await code('Bearer '), [401, none]);
  assert.deepEqual(await code('Bearer x'), [401, invalid]);
  assert.deepEqual(await code(`Bearer ${'x'.repeat(7000)}`), [401, none]);
  assert.deepEqual(await code(bearer({ room: 'r', exp: 1 })), [401, invalid]);
  assert.deepEqual(await code(bearer({ room: 'r' }, { alg: 'none' })), [401, invalid]);
  assert.deepEqual(await code(bearer({ room: 's' })), [403, `${none}, error="insufficient_scope"`]);
  assert.deepEqual(await code(bearer({ room: 'r' })), [404, undefined]); // may not make the room
  assert.equal((await health(server)).rooms, 0);
  const made = await post(server, 'whip/r', { authorization: bearer({ room: 'r', create: true, name: 'Named' }).replace('Bearer', 'bearer') });
  assert.equal(made.status, 201);
  assert.deepEqual(await code(bearer({ room: 'r' }), 'whep/r'), [201, undefined]);
  assert.equal((await patch(server, made.headers.get('location'), { 'if-match': '*' })).status, 204);
  assert.equal((await ask(server, 'DELETE', made.headers.get('location'))).status, 200);
  assert.doesNotMatch(server.log(), /eyJ/);
});

test('Link headers name the ICE servers, with passwords for those who have a token', async (t) => {
  const server = await serve(t, {
    'ice.servers': 'stun:s.example turn:t.example:3478?transport=udp', 'ice.secret': 'north', 'auth.secret': secret,
  });
  const authorization = `Bearer ${sign(secret, { room: 'r' })}`;
  const made = await post(server, 'whip/r', { authorization });
  const link = made.headers.get('link');
  assert.match(link, /^<stun:s\.example>; rel="ice-server", <turn:t\.example:3478\?transport=udp>; rel="ice-server"; username="\d+:1"; credential="[^"]{28}"; credential-type="password"$/);
  const expires = Number(/username="(\d+)/.exec(link)[1]) - Date.now() / 1000;
  assert.ok(expires > 86000 && expires <= 86400);
  const asked = await ask(server, 'OPTIONS', 'whep/r', { authorization });
  assert.match(asked.headers.get('link'), /credential=/);
  assert.equal((await ask(server, 'OPTIONS', 'whep/r')).headers.get('link'), null);
  const client = await Client.open(server.ws);
  const joined = await client.result('join', { room: 'r', name: 'Ann', token: sign(secret, { room: 'r' }) });
  assert.deepEqual(joined.ice_servers.map(({ urls }) => urls), ['stun:s.example', 'turn:t.example:3478?transport=udp']);
  assert.match(joined.ice_servers[1].username, /^\d+:2$/);
  assert.doesNotMatch(server.log(), /credential|north/);
});

test('pages of other origins: those that may open a WebSocket', async (t) => {
  const other = 'https://player.example';
  const server = await serve(t, { 'http.origins': other });
  const cors = (response) => [response.status, response.headers.get('access-control-allow-origin')];
  const preflight = await ask(server, 'OPTIONS', 'whip/r', {
    origin: other, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization, content-type',
  });
  assert.deepEqual(cors(preflight), [204, other]);
  assert.equal(preflight.headers.get('access-control-allow-methods'), 'POST, OPTIONS');
  assert.equal(preflight.headers.get('access-control-allow-headers'), 'Authorization, Content-Type, If-Match');
  assert.equal(preflight.headers.get('accept-post'), sdp);
  assert.equal(preflight.headers.get('vary'), 'Origin');
  const made = await post(server, 'whip/r', { origin: other });
  assert.deepEqual(cors(made), [201, other]);
  for (const name of ['Location', 'ETag', 'Link', 'Retry-After'])
    assert.ok(made.headers.get('access-control-expose-headers').split(', ').includes(name));
  const session = await ask(server, 'OPTIONS', made.headers.get('location'), { origin: other });
  assert.equal(session.headers.get('access-control-allow-methods'), 'PATCH, DELETE, OPTIONS');
  assert.equal(session.headers.get('accept-patch'), fragment);
  assert.deepEqual(cors(await post(server, 'whip/r', { origin: other, type: 'text/plain' })), [415, other]);
  for (const origin of ['https://evil.example', 'null', server.url.slice(0, -1)])
    assert.deepEqual(cors(await post(server, 'whip/r', { origin })), [403, null]);
  assert.equal((await health(server)).streams, 1);
});

test('full, or going down: 503 with Retry-After', async (t) => {
  const server = await serve(t, { 'http.connections': 3, 'room.max_participants': 2 });
  const later = (response) => [response.status, /^\d+$/.test(response.headers.get('retry-after'))];
  const ann = await Client.open(server.ws);
  await ann.result('join', { room: 'r', name: 'Ann' });
  const made = await post(server, 'whip/r');
  assert.equal(made.status, 201);
  assert.deepEqual(later(await post(server, 'whip/r')), [503, true]); // the room
  assert.equal((await post(server, 'whip/s')).status, 201);
  assert.deepEqual(later(await post(server, 'whip/s')), [503, true]); // the server
  await assert.rejects(Client.open(server.ws), /503/);
  await ask(server, 'DELETE', made.headers.get('location'));
  await Client.open(server.ws);
});

test('with TLS nothing is taken in the clear', async (t) => {
  const server = await serve(t, { 'http.tls': 'auto', 'http.tls_dir': await tlsFolder(t) });
  const text = await raw(server, `POST /whip/r HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: ${sdp}\r\nContent-Length: ${offer.length}\r\n\r\n${offer}`);
  assert.ok([301, 308].includes(status(text)), text);
  const inside = await secureAsk(server, 'whip/r', offer);
  assert.equal(inside.statusCode, 201);
  assert.equal((await secureAsk(server, 'whip/r', 'x'.repeat(2 ** 20 + 1))).statusCode, 413);
});

async function tlsFolder(t) {
  const folder = await mkdtemp(path.join(tmpdir(), 'plenum-whip-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function secureAsk(server, target, body) {
  const request = https.request(new URL(target, server.url), {
    method: 'POST', rejectUnauthorized: false, headers: { 'content-type': sdp, 'content-length': body.length },
  });
  request.on('error', () => {}); // the rest of a body that is not read
  request.end(body);
  const [response] = await once(request, 'response');
  response.resume();
  return response;
}
