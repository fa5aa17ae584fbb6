// plenum-bench's driver of Janus against its API as VideoRoom speaks it: publishers get the answers of a real server (by
// WHIP), watchers a refusal. bench/compare.sh runs it against Janus itself.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { startServer } from '../browser/lib/server.mjs';

const program = fileURLToPath(new URL('../../build/release/plenum-bench', import.meta.url));
let server;
let janus;
let heard;

async function freePort() {
  const listener = net.createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  listener.close();
  await once(listener, 'close');
  return port;
}

const event = (message, data) => ({
  janus: 'event', transaction: message.transaction, sender: message.handle_id,
  plugindata: { plugin: 'janus.plugin.videoroom', data: { videoroom: 'event', ...data } },
});
const rooms = new Set();

// What VideoRoom says to one request.
async function plugin(message, say) {
  const { body } = message;
  if (body.request === 'create') {
    const exists = rooms.has(body.room);
    rooms.add(body.room);
    say({ ...event(message, exists ? { error_code: 427, error: `Room ${body.room} already exists` } : { videoroom: 'created' }), janus: 'success' });
  } else if (body.request === 'joinandconfigure') {
    say({ janus: 'ack', transaction: message.transaction });
    const answer = await fetch(`${server.url}whip/janus`, {
      method: 'POST', headers: { 'content-type': 'application/sdp' }, body: message.jsep.sdp,
    });
    say({ ...event(message, { videoroom: 'joined' }), jsep: { type: 'answer', sdp: await answer.text() } });
    say({ janus: 'webrtcup', sender: message.handle_id });
  } else {
    say({ janus: 'ack', transaction: message.transaction });
    say(event(message, { error_code: 428, error: 'No such feed' }));
  }
}

before(async () => {
  server = await startServer({
    set: { 'http.address': '127.0.0.1', 'http.port': await freePort(), 'rtc.address': '127.0.0.1', 'rtc.port': await freePort(), 'rtc.workers': 1 },
  });
  let last = 0;
  janus = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: (names) => names.has('janus-protocol') && 'janus-protocol' });
  await once(janus, 'listening');
  janus.on('connection', (socket) => socket.on('message', (data) => {
    const message = JSON.parse(data);
    const say = (answer) => socket.send(JSON.stringify(answer));
    heard.push(message);
    if (message.janus === 'create' || message.janus === 'attach') say({ janus: 'success', transaction: message.transaction, data: { id: ++last } });
    else if (message.janus === 'message') void plugin(message, say);
    else say({ janus: 'ack', transaction: message.transaction });
  }));
});

after(async () => {
  janus?.close();
  await server?.stop().finally(server.kill);
});

test('two publish; two who watch ask for the streams of one each, and tell why they get none', async () => {
  heard = [];
  const { stdout } = await new Promise((resolve) => {
    const args = ['--driver', 'janus', '--url', `ws://127.0.0.1:${janus.address().port}`, '--participants', '4', '--publishers', '2',
      '--slots', '1,1', '--duration', '500ms', '--assert', 'participants=2', 'failed=2', 'packets_out>0'];
    execFile(program, args, { timeout: 30000 }, (error, out, err) => resolve({ stdout: out + err }));
  });
  assert.equal(stdout.match(/holds$/gm)?.length, 3, stdout);
  assert.match(stdout, /did not get in, or was thrown out: the server refused: No such feed/);
  const requests = heard.filter(({ janus: what }) => what === 'message').map(({ body }) => body);
  const feeds = requests.filter(({ ptype }) => ptype === 'publisher').map(({ id }) => id);
  const asked = requests.filter(({ ptype }) => ptype === 'subscriber').map(({ streams }) => streams);
  assert.equal(new Set(feeds).size, 2);
  for (const streams of asked) assert.deepEqual(streams.map(({ mid, feed }) => [mid, feed]), [['0', streams[0].feed], ['1', streams[0].feed]]);
  assert.deepEqual(asked.map(([{ feed }]) => feed).sort(), feeds.sort());
  const ended = heard.filter(({ janus: what }) => what === 'destroy');
  assert.equal(ended.length, 4);
  assert.ok(ended.every((message) => message.session_id && !message.handle_id));
});
