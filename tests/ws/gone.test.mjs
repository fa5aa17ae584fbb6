// Those who go before they are answered, and those who ask much at once, on a server with real media workers.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { test } from 'node:test';
import { Client, health, serve, until } from './lib/room.mjs';

const SILENCE = 30000; // ms after which a session without media is over
const STREAMS = 20;

const offer = await readFile(new URL('../sdp/chromium-meeting-3-9.sdp', import.meta.url), 'utf8');
const fragment = { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' };

async function freeUdpPort() {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

const serveMedia = async (t) =>
  serve(t, { 'rtc.address': '127.0.0.1', 'rtc.port': await freeUdpPort(), 'rtc.workers': 1 }, { program: 'plenum' });

async function enter(server, name) {
  const client = await Client.open(server.ws);
  const { participant } = await client.result('join', { room: 'r', name });
  await client.result('offer', { sdp: offer });
  return Object.assign(client, { participant });
}

const ask = (client, id) => client.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'stats', params: {} }));

test('stats: each request gets its own answer, whoever leaves meanwhile', async (t) => {
  const server = await serveMedia(t);
  const ann = await enter(server, 'Ann');
  const before = (await health(server)).participants;
  for (let round = 0; round < 15; round++) {
    const ids = [...Array(8).keys()].map((i) => (i % 2 ? `${round}.${i}` : 1000 * (round + 1) + i));
    const gone = await enter(server, 'Gone');
    for (const id of ids) {
      ask(gone, id);
      ask(ann, id);
    }
    if (round % 3 === 0) gone.cut();
    if (round % 3 === 1) gone.socket.close(1000);
    if (round % 3 === 2) gone.send(JSON.stringify({ jsonrpc: '2.0', id: 'end', method: 'leave' }));
    const answers = () => ann.messages.filter(({ id }) => ids.includes(id));
    await until('answers', () => answers().length >= ids.length, { every: 5 });
    assert.deepEqual(answers().map(({ id }) => id).sort(), [...ids].sort());
    for (const { result } of answers()) assert.equal(result?.slots.length, 12);
  }
  const cut = 5; // whose sessions wait to be resumed
  await until('those who said that they leave are out', async () => (await health(server)).participants === before + cut);
  await server.stop();
});

// The answers are longer than what libwebsockets writes at once unless it is told to.
test('who closes while the answers are being written has left', async (t) => {
  const server = await serveMedia(t);
  for (let i = 0; i < 60; i++) {
    const gone = await enter(server, 'Gone');
    for (let id = 0; id < 8; id++) ask(gone, id);
    for (let turns = i % 6; turns > 0; turns--) await new Promise(setImmediate);
    gone.socket.close(1000);
  }
  await until('an empty house', async () => (await health(server)).participants === 0);
  await server.stop();
});

test('WHIP: who goes before the answer, or deletes at once, does not stay in the room', async (t) => {
  const server = await serveMedia(t);
  const ann = await Client.open(server.ws);
  await ann.result('join', { room: 'r', name: 'Ann' });
  const here = new Set();
  const look = () => {
    for (const { joined, left } of ann.told('roster')) {
      joined.forEach(({ participant }) => here.add(participant));
      left.forEach(({ participant }) => here.delete(participant));
    }
    ann.messages = [];
    return here.size;
  };
  for (let i = 0; i < STREAMS; i++) {
    const made = await fetch(new URL('whip/r', server.url), { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: offer });
    const session = new URL(made.headers.get('location'), server.url);
    assert.equal((await fetch(session, { method: 'DELETE' })).status, 200);
    assert.equal((await fetch(session, { method: 'PATCH', headers: fragment, body: 'a=end-of-candidates\r\n' })).status, 404);
    assert.equal((await fetch(session, { method: 'DELETE' })).status, 404);
  }
  await until('none of them is in the room', () => look() === 0);

  const head = `POST /whip/r HTTP/1.1\r\nHost: h\r\nContent-Type: application/sdp\r\nContent-Length: ${offer.length}\r\n\r\n`;
  for (let i = 0; i < STREAMS; i++) {
    const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    socket.write(head + offer, () => (i % 2 ? socket.destroy() : socket.resetAndDestroy()));
    await once(socket, 'close');
  }
  const started = Date.now();
  await until('a session of somebody who has gone', () => look() > 0, { every: 5 });
  await until('an empty room', () => look() === 0);
  assert.ok(Date.now() - started < SILENCE + 20000);
  const { streams, participants } = await health(server);
  assert.deepEqual([streams, participants], [0, 1]);
  await server.stop();
});
