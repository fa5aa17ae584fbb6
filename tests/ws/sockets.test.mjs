// Sockets that do not read, do not answer, or half-close; and many at once.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { Client, frame, health, serve, until, upgrade } from './lib/room.mjs';

// A WebSocket by hand: nothing reads, nothing answers pings.
async function bareSocket(server, ...messages) {
  const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
  socket.write(upgrade());
  await once(socket, 'data');
  for (const message of messages) socket.write(frame(JSON.stringify(message)));
  return socket;
}

const join = (room) => ({ jsonrpc: '2.0', id: 1, method: 'join', params: { room, name: 'N' } });

test('who does not read is dropped; the others get everything', async (t) => {
  const server = await serve(t, { 'signaling.chat_length': 60000, 'signaling.rate': 1000 });
  const slow = await bareSocket(server, join('r'));
  slow.pause();
  const closed = once(slow, 'close');
  const loud = await Client.open(server.ws);
  const quiet = await Client.open(server.ws);
  await loud.result('join', { room: 'r', name: 'Loud' });
  await quiet.result('join', { room: 'r', name: 'Quiet' });
  await until('three in the room', async () => (await health(server)).participants === 3);
  const text = 'x'.repeat(60000);
  for (let i = 0; i < 250; i++) await loud.result('chat', { text });
  await quiet.whenTold('chat', ({ id }) => id === 250);
  assert.equal(quiet.told('chat').length, 250);
  await until('two sockets', async () => (await health(server)).sockets === 2);
  slow.resume();
  await closed;
});

test('a peer that does not answer pings is closed, one that does stays', async (t) => {
  const server = await serve(t, { 'signaling.ping': 1, 'signaling.timeout': 1 });
  const dead = await bareSocket(server, join('r'));
  const alive = await Client.open(server.ws);
  await alive.result('join', { room: 'r', name: 'Alive' });
  dead.resume();
  await once(dead, 'close');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await alive.result('rooms', {});
  assert.equal(alive.closed, null);
});

test('half-closed and broken-off sockets', async (t) => {
  const server = await serve(t);
  const half = await bareSocket(server, join('r'));
  half.resume();
  half.end();
  await once(half, 'close');
  const broken = await bareSocket(server);
  broken.write(Buffer.from([0x81, 0xff, 0, 0, 0])); // the start of a header with a 64-bit length
  broken.destroy();
  const huge = await bareSocket(server);
  huge.resume();
  huge.write(Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
  huge.write(Buffer.alloc(2 << 20, 0x20));
  await once(huge, 'close');
  const unmasked = await bareSocket(server);
  unmasked.resume();
  unmasked.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]));
  unmasked.end();
  await once(unmasked, 'close');
  await until('no sockets', async () => (await health(server)).sockets === 0);
});

test('a thousand come and go', async (t) => {
  const server = await serve(t, { 'signaling.small_room': 10, 'log.level': 'warning' });
  for (let round = 0; round < 10; round++) {
    const clients = await Promise.all(Array.from({ length: 100 }, () => Client.open(server.ws)));
    const joined = await Promise.all(clients.map((client) => client.result('join', { room: 'big', name: 'N' })));
    assert.equal(Math.max(...joined.map(({ count }) => count)), 100);
    await Promise.all(clients.map((client, i) => (i % 2 ? client.result('leave', {}) : client.socket.close(1000))));
    await until('an empty room', async () => (await health(server)).participants === 0, { every: 20 });
  }
  await until('no sockets', async () => (await health(server)).sockets === 0);
});
