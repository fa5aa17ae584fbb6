// The room protocol over real WebSockets: what signaling/README.md promises.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Client, health, serve, until } from './lib/room.mjs';

test('join, roster, chat, leave', async (t) => {
  const server = await serve(t);
  const ann = await Client.open(server.ws);
  const bob = await Client.open(server.ws);
  const joined = await ann.result('join', { room: 'hall', name: 'Änn 🎉' });
  assert.deepEqual(joined.participants, [{ participant: joined.participant, name: 'Änn 🎉', tracks: [] }]);
  assert.equal(joined.event, 0);
  const { participant } = await bob.result('join', { room: 'hall', name: 'Bob' });
  const roster = await ann.whenTold('roster');
  assert.deepEqual(roster, { joined: [{ participant, name: 'Bob', tracks: [] }], left: [], updated: [], count: 2, event: 1 });
  await bob.result('chat', { text: 'hällo\n"there"' });
  const chat = await ann.whenTold('chat');
  assert.equal(chat.text, 'hällo\n"there"');
  assert.equal(chat.from, participant);
  assert.equal(chat.event, 2);
  await bob.result('leave', {});
  assert.equal((await bob.whenClosed()).code, 1000);
  await ann.whenTold('roster', ({ left }) => left.some((one) => one.participant === participant && one.reason === 'left'));
});

test('a bad message gets its error, and the next good one its result', async (t) => {
  const server = await serve(t);
  const client = await Client.open(server.ws);
  const rows = [
    ['{"jsonrpc":"2.0","id":1,"id":2,"method":"rooms"}', -32700],
    ['{"a":"\\u0000"}', -32700],
    ['{"a":\0}', -32700],
    ['['.repeat(1 << 20), -32700],
    ['{"a":'.repeat(100000), -32700],
    ['[]', -32600],
    ['{"jsonrpc":"2.0","id":{},"method":"rooms"}', -32600],
    ['{"jsonrpc":"2.0","id":7,"method":"__proto__"}', -32601],
    ['{"jsonrpc":"2.0","id":7,"method":"join","params":{"room":"r","name":7}}', -32602],
    [JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'chat', params: { text: 'x'.repeat(1000000) } }), 1],
  ];
  for (const [text, code] of rows) {
    const before = client.messages.length;
    client.send(text);
    await until('an error', () => client.messages.length > before, { every: 5 });
    assert.equal(client.messages.at(-1).error.code, code, text.slice(0, 60));
  }
  await client.result('rooms', {});
});

test('a message in many fragments is put together; pings are answered between them', async (t) => {
  const server = await serve(t);
  const client = await Client.open(server.ws);
  const text = JSON.stringify({ jsonrpc: '2.0', id: 'long', method: 'rooms', params: { pad: 'é'.repeat(200000) } });
  const bytes = Buffer.from(text); // fragments end within characters
  let pongs = 0;
  client.socket.on('pong', () => pongs++);
  for (let at = 0; at < bytes.length; at += 33333) {
    client.socket.send(bytes.subarray(at, at + 33333), { binary: false, fin: at + 33333 >= bytes.length });
    client.socket.ping();
  }
  await until('the answer', () => client.messages.find(({ id }) => id === 'long'));
  await until('the pongs', () => pongs > 0);
});

for (const [what, act, code] of [
  ['a binary message', (socket) => socket.send(Buffer.from('{}'), { binary: true }), 1003],
  ['text that is not UTF-8', (socket) => socket.send(Buffer.from([0x22, 0xff, 0xfe, 0x22]), { binary: false }), 1007],
  ['a message over 1 MiB', (socket) => socket.send('x'.repeat((1 << 20) + 1)), 1009],
  ['a message over 1 MiB in parts', (socket) => {
    for (let i = 0; i < 20; i++) socket.send('x'.repeat(1 << 16), { fin: false });
  }, 1009],
]) {
  test(`${what} closes with ${code}`, async (t) => {
    const server = await serve(t);
    const client = await Client.open(server.ws);
    act(client.socket);
    assert.equal((await client.whenClosed()).code, code);
    assert.equal((await health(server)).status, 'ok');
  });
}

test('too many requests: refused, then disconnected; others do not notice', async (t) => {
  const server = await serve(t, { 'signaling.rate': 5 });
  const bad = await Client.open(server.ws);
  const good = await Client.open(server.ws);
  for (let id = 0; id < 200; id++) bad.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'rooms' }));
  const { code } = await bad.whenClosed();
  assert.ok(code === 1008 || code === 1006, `${code}`); // what it still sends may reset the connection before it reads why
  await good.result('rooms', {});
});

test('a cut socket resumes with what it missed; the old secret is worth nothing then', async (t) => {
  const server = await serve(t);
  const ann = await Client.open(server.ws);
  const bob = await Client.open(server.ws);
  const { session, participant } = await ann.result('join', { room: 'r', name: 'Ann' });
  await bob.result('join', { room: 'r', name: 'Bob' });
  const { event } = await ann.whenTold('roster');
  ann.cut();
  await ann.whenClosed();
  await bob.result('chat', { text: 'one' });
  await bob.result('chat', { text: 'two' });
  const again = await Client.open(server.ws);
  const resumed = await again.result('join', { room: 'r', resume: session, event });
  assert.equal(resumed.resumed, true);
  assert.equal(resumed.complete, true);
  assert.equal(resumed.participant, participant);
  await again.whenTold('chat', ({ text }) => text === 'two');
  assert.deepEqual(again.told('chat').map((one) => one.event), [event + 1, event + 2]);
  assert.deepEqual(bob.told('roster'), []);
  await again.result('participants', {});
  const thief = await Client.open(server.ws);
  assert.equal((await thief.call('join', { room: 'r', resume: session, event })).error.data.name, 'resume_expired');
  const third = await Client.open(server.ws);
  await third.result('join', { room: 'r', resume: resumed.session, event: event + 2 });
  assert.equal((await again.whenClosed()).code, 4000);
});

test('after the grace time the others are told, and resuming is over', async (t) => {
  const server = await serve(t, { 'signaling.grace': 1 });
  const ann = await Client.open(server.ws);
  const bob = await Client.open(server.ws);
  const { session, participant } = await ann.result('join', { room: 'r', name: 'Ann' });
  await bob.result('join', { room: 'r', name: 'Bob' });
  ann.cut();
  await bob.whenTold('roster', ({ left }) => left.some((one) => one.participant === participant && one.reason === 'timeout'));
  const late = await Client.open(server.ws);
  assert.equal((await late.call('join', { room: 'r', resume: session, event: 0 })).error.data.name, 'resume_expired');
});

test('a page that is left (1001) leaves the room at once', async (t) => {
  const server = await serve(t);
  const ann = await Client.open(server.ws);
  const bob = await Client.open(server.ws);
  await ann.result('join', { room: 'r', name: 'Ann' });
  await bob.result('join', { room: 'r', name: 'Bob' });
  ann.socket.close(1001);
  await bob.whenTold('roster', ({ left }) => left.some((one) => one.reason === 'left'));
});

test('who says goodbye has left before anything that comes after that is looked at', async (t) => {
  const server = await serve(t, { 'room.max_participants': 1 });
  let last = await Client.open(server.ws);
  await last.result('join', { room: 'r', name: 'First' });
  for (let i = 0; i < 5; i++) {
    const next = await Client.open(server.ws);
    process.kill(server.pid, 'SIGSTOP'); // both lie there when it goes on
    last.socket.close(1000);
    await setTimeout(50);
    const joined = next.result('join', { room: 'r', name: 'Next' });
    await setTimeout(50);
    process.kill(server.pid, 'SIGCONT');
    await joined;
    last = next;
  }
});

test('SIGTERM: every client is told, closed with 1001, and the server ends by itself', async (t) => {
  const server = await serve(t);
  const clients = await Promise.all(Array.from({ length: 20 }, () => Client.open(server.ws)));
  await Promise.all(clients.map((client, i) => client.result('join', { room: `r${i % 3}`, name: 'N' })));
  await server.stop();
  for (const client of clients) {
    assert.equal((await client.whenClosed()).code, 1001);
    const [{ retry_after: after, event }] = client.told('shutdown');
    assert.ok(after >= 1000 && after <= 5000);
    assert.equal(event, undefined);
  }
});

test('tokens: demanded, checked, never logged', async (t) => {
  const { createHmac } = await import('node:crypto');
  const secret = 'a-secret-that-is-at-least-32-bytes-long';
  const server = await serve(t, { 'auth.secret': secret, 'room.open': 'off', 'log.level': 'debug' });
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const sign = (claims, header = { alg: 'HS256', typ: 'JWT' }) => {
    const text = `${encode(header)}.${encode(claims)}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const exp = Math.floor(Date.now() / 1000) + 60;
  const client = await Client.open(server.ws);
  const code = async (params) => (await client.call('join', { room: 'r', name: 'N', ...params })).error.code;
  assert.equal(await code({}), 3);
  assert.equal(await code({ token: 'x' }), 3);
  assert.equal(await code({ token: `${encode({ alg: 'none' })}.${encode({ room: 'r', exp, create: true })}.` }), 3);
  assert.equal(await code({ token: sign({ room: 'r', exp: exp - 120, create: true }) }), 3);
  assert.equal(await code({ token: sign({ room: 'r', exp, nbf: exp, create: true }) }), 3);
  assert.equal(await code({ token: sign({ room: 's', exp, create: true }) }), 3);
  assert.equal(await code({ token: sign({ room: 'r', exp }) }), 13);
  assert.equal(await code({ token: sign({ room: 'r', exp, create: true, name: ' ' }) }), 3);
  const token = sign({ room: 'r', exp, create: true, name: 'Named' });
  const joined = await client.result('join', { room: 'r', name: 'Other', token });
  assert.equal(joined.name, 'Named');
  const offer = await readFile(new URL('../sdp/chromium-meeting-3-9.sdp', import.meta.url), 'utf8');
  const { sdp } = await client.result('offer', { sdp: offer });
  const passwords = [offer, sdp].map((text) => /^a=ice-pwd:(\S+)/m.exec(text)[1]);
  const resumed = await (await Client.open(server.ws)).result('join', { room: 'r', resume: joined.session, event: 0 });
  await until('both in the log', () => /offer answered[^]*resumed from/.test(server.log()));
  for (const hidden of [secret, token, joined.session, joined.session.split('-')[1], resumed.session, ...passwords])
    assert.ok(!server.log().includes(hidden));
});
