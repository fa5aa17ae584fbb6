// Clients that do anything, rightly and wrongly, in any order, with and without TLS: the others are served, and when
// all have gone nothing of them is left.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import tls from 'node:tls';
import { Client, frame, serve, until, upgrade } from './lib/room.mjs';

const CLIENTS = 16;
const SECONDS = 5;
const IDLE_SECONDS = 2;
const TICKS = 100; // of /proc, in a second
const INVALID_PARAMS = -32602;

// --- What is written by hand ----------------------------------------------------------------------------------------

const below = (n) => Math.floor(Math.random() * n);
const oneOf = (list) => list[below(list.length)];
const times = (n, make) => Array.from({ length: n }, (_, i) => make(i));
const request = (method, file, more = '') => `${method} ${file} HTTP/1.1\r\nHost: h\r\n${more}\r\n`;

const rpc = (method, params) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
const joining = () => frame(rpc('join', { room: `r${below(4)}`, name: 'N' }));
const chat = (most) => frame(rpc('chat', { text: 'x'.repeat(1 + below(most)) }));
const ping = () => frame('p', { opcode: 9 });
const goodbye = () => frame(oneOf([[], [3], [0, 1], ...[1000, 1001, 1005, 4000].map((code) => [code >> 8, code & 255])]), { opcode: 8 });

// --- What they do: given how to reach the server, until they have gone ------------------------------------------------

async function end(socket) {
  socket.resume();
  oneOf([() => socket.destroy(), () => socket.end(), () => socket.reset(), () => socket.pause()])();
  await setTimeout(below(200));
  socket.destroy();
}

// Bytes, in parts of any size, and then an end of any kind.
async function tell(socket, bytes) {
  const all = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
  for (let at = 0, size; at < all.length; at += size) {
    size = oneOf([all.length, 1 + below(20000)]);
    socket.write(all.subarray(at, at + size));
    if (!below(3)) await setTimeout(1);
  }
  await setTimeout(below(50));
  await end(socket);
}

async function opened(to) {
  const socket = to.socket();
  socket.write(upgrade());
  await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  return socket;
}

const fragments = (text, count) => times(count, (i) =>
  Buffer.concat([frame(text.slice((i * text.length) / count, ((i + 1) * text.length) / count), { opcode: i ? 0 : 1, last: i === count - 1 }), ping()]));

const deeds = {
  'much at once, a goodbye, and more': async (to) =>
    tell(await opened(to), Buffer.concat([joining(), ...times(below(20), () => frame(rpc('participants', { limit: 3 }))), goodbye(), ...oneOf([[], [chat(9), goodbye()]])])),
  'messages before the socket is open, which is not allowed': async (to) => tell(to.socket(), Buffer.concat([Buffer.from(upgrade()), joining(), chat(50000), goodbye()])),
  'fragments': async (to) => tell(await opened(to), Buffer.concat([joining(), ...fragments(rpc('chat', { text: 'x'.repeat(40000) }), 40)])),
  'too long': async (to) => tell(await opened(to), frame('x'.repeat(1100000))),
  'binary': async (to) => tell(await opened(to), Buffer.concat([frame('x', { opcode: 2 }), joining()])),
  'silence': async (to) => {
    const socket = await opened(to);
    socket.write(joining());
    socket.pause();
    await setTimeout(below(2000));
    await end(socket);
  },
  'no such socket': (to) => tell(to.socket(), upgrade('/x')),
  'noise': (to) => tell(oneOf([to.socket, to.plainly])(), randomBytes(1 + below(3000))),
  'half a handshake': (to) => tell(to.plainly(), Buffer.from('16030100c8010000c40303', 'hex')),
  'files': (to) => tell(to.socket(), ['/', '/health', '/nothing', '/'].slice(below(4)).map((file) => request(oneOf(['GET', 'HEAD']), file)).join('')),
  'a POST, whole or not': (to) =>
    tell(to.socket(), request('POST', '/whip/r', `Content-Type: application/sdp\r\nContent-Length: ${oneOf([5, 1000])}\r\n`) + 'v=0\r\n'),

  // These expect an answer.
  'all in one go': async (to) => {
    const socket = await opened(to);
    let heard = '';
    socket.on('data', (part) => (heard += part.toString('latin1')));
    socket.write(Buffer.concat([joining(), ...times(below(5), () => chat(40000)), frame(rpc('rooms'))]));
    await until('the last answer', () => socket.destroyed || heard.includes('"rooms"'), { every: 5 });
    assert.ok(heard.includes('"rooms"'), 'the socket was closed');
    await end(socket);
  },
  'a long request': async (to) => {
    const client = await Client.open(to.ws);
    await client.result('join', { room: 'r1', name: 'N' });
    const { error } = await client.call('chat', { text: 'x'.repeat(900000) });
    assert.equal(error?.code, INVALID_PARAMS, error?.message);
    client.socket.close(1000);
    await client.whenClosed();
  },
  'a conversation': async (to) => {
    const client = await Client.open(to.ws);
    await client.result('join', { room: 'r0', name: 'N' });
    for (let i = 0; i < 10; i++) await client.result('chat', { text: 'x'.repeat(50000) });
    oneOf([() => client.cut(), () => client.socket.close(1000), () => client.socket.close(4000), () => client.send(rpc('leave'))])();
    await client.whenClosed();
  },
  'one question after the other': async (to) => {
    const agent = new to.web.Agent({ keepAlive: true });
    for (let i = 0; i < 5; i++) assert.equal((await to.health(agent)).status, 'ok');
    agent.destroy();
  },
};

// --- All of them -----------------------------------------------------------------------------------------------------

function ways(server, secure) {
  const web = secure ? https : http;
  const plainly = () => {
    const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
    return Object.assign(socket, { reset: () => socket.resetAndDestroy() });
  };
  const socket = () => {
    const plain = plainly();
    if (!secure) return plain;
    const wrapped = tls.connect({ socket: plain, rejectUnauthorized: false }).on('error', () => {});
    return Object.assign(wrapped, { reset: () => (plain.reset(), wrapped.destroy()) });
  };
  async function health(agent = false) {
    const [response] = await once(web.get(`${server.url}health`, { agent, rejectUnauthorized: false }), 'response');
    let text = '';
    for await (const part of response) text += part;
    return JSON.parse(text);
  }
  return { ws: server.ws, web, plainly, socket, health };
}

const files = async (pid) => (await readdir(`/proc/${pid}/fd`)).length;
async function ticks(pid) {
  const [user, system] = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ').slice(13, 15);
  return Number(user) + Number(system);
}

async function anything(to, ms) {
  const late = Date.now() + ms;
  await Promise.all(times(CLIENTS, async () => {
    while (Date.now() < late) {
      const deed = oneOf(Object.keys(deeds));
      await deeds[deed](to).catch((error) => assert.fail(`${deed}: ${error.stack}`));
    }
  }));
}

for (const secure of [false, true]) {
  test(`anything in any order${secure ? ', with TLS' : ''}`, async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'plenum-tls-'));
    t.after(() => rm(folder, { recursive: true }));
    const server = await serve(t, {
      'signaling.grace': 1,
      'signaling.rate': 1000,
      'signaling.chat_length': 60000,
      ...(secure ? { 'http.tls': 'auto', 'http.tls_dir': folder } : {}),
    });
    const to = ways(server, secure);
    await to.health();
    const before = await files(server.pid);
    await anything(to, SECONDS * 1000);
    await until('an empty house', async () => {
      const { participants, sockets } = await to.health();
      return participants === 0 && sockets === 0 && (await files(server.pid)) <= before + 1;
    }, { timeout: 60000 });
    const rested = await ticks(server.pid);
    await setTimeout(IDLE_SECONDS * 1000);
    assert.ok((await ticks(server.pid)) - rested < (IDLE_SECONDS * TICKS) / 2, 'nobody is there, and it works');
    const more = anything(to, 1000).catch(() => {}); // it ends in the middle of that
    await setTimeout(500);
    await server.stop();
    await more;
  });
}
