// plenum-bench against a server on loopback: what it tells, how it ends, and what it says when it cannot.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startServer } from '../browser/lib/server.mjs';
import { until } from '../browser/lib/until.mjs';

const program = fileURLToPath(new URL('../../build/release/plenum-bench', import.meta.url));
let folder;
let server;
let port;

async function freePort() {
  const listener = net.createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port: free } = listener.address();
  listener.close();
  await once(listener, 'close');
  return free;
}

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plenum-bench-'));
  port = await freePort();
  server = await startServer({
    set: { 'http.address': '127.0.0.1', 'http.port': port, 'rtc.address': '127.0.0.1', 'rtc.port': await freePort(), 'rtc.workers': 1, 'room.max_participants': 8 },
  });
});

after(async () => {
  await server?.stop().finally(server.kill);
  await rm(folder, { recursive: true });
});

// Runs it to its end: { code, stdout, stderr }.
const bench = (...args) => new Promise((resolve) => {
  execFile(program, args, { timeout: 30000 }, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
});

// What it writes as JSON besides.
async function measured(...args) {
  const json = path.join(folder, 'measured.json');
  const ended = await bench(...args, '--json', json);
  return { ...ended, ...JSON.parse(await readFile(json, 'utf8')) };
}

const here = () => ['--url', `ws://127.0.0.1:${port}/ws`];
const participants = async () => (await (await fetch(`${server.url}health`)).json()).participants;

test('a small meeting: everything arrives, conditions hold, and the JSON says so', async () => {
  const json = path.join(folder, 'meeting.json');
  const { code, stdout, stderr } = await bench(...here(), '--room', 'meeting', '--participants', '5', '--publishers', '2',
    '--duration', '2', '--json', json, '--assert', 'loss<1%', 'packets_in>30', 'faults=0', 'participants=5');
  assert.equal(code, 0, stdout + stderr);
  const { figures, conditions, units, first_error: firstError } = JSON.parse(await readFile(json, 'utf8'));
  assert.deepEqual(conditions.map(({ holds }) => holds), [true, true, true, true]);
  assert.equal(firstError, '');
  assert.equal(figures.failed, 0);
  assert.equal(figures.unreadable, 0);
  // Two speakers of 50 packets a second to four others each, or fewer where the machine is busy, and cameras.
  assert.ok(figures.audio_in > 30 && figures.audio_in < 500, `audio_in ${figures.audio_in}`);
  assert.ok(figures.frames_in > 1, `frames_in ${figures.frames_in}`);
  assert.ok(figures.p50 > 0 && figures.p50 <= figures.p99 && figures.p99 <= figures.max, stdout);
  assert.ok(figures.join_p50 > 0 && figures.join_p50 <= figures.join_max, stdout);
  assert.equal(units.p99, 'ms');
  assert.match(stdout, /^loss +0\.\d+ % /m);
  await until('an empty server', async () => (await participants()) === 0, { every: 20 });
});

test('a condition that does not hold: exit code 1, and it is named', async () => {
  const json = path.join(folder, 'broken.json');
  const { code, stdout } = await bench(...here(), '--room', 'broken', '--participants', '2', '--duration', '500ms', '--warmup', '100ms',
    '--json', json, '--assert', 'loss>50%', 'packets_in>1');
  assert.equal(code, 1, stdout);
  assert.match(stdout, /^loss>50% +DOES NOT HOLD$/m);
  assert.match(stdout, /^packets_in>1 +holds$/m);
  const { conditions } = JSON.parse(await readFile(json, 'utf8'));
  assert.deepEqual(conditions.map(({ holds }) => holds), [false, true]);
});

test('a bad network of those who watch, who come, go and look elsewhere; what it costs the server', async () => {
  const { code, stdout, figures } = await measured(...here(), '--room', 'bad', '--participants', '6', '--publishers', '2', '--slots', '1,2',
    '--loss', '5%', '--delay', '40ms', '--jitter', '10ms', '--impaired', '3', '--churn', '2', '--views', '200ms', '--duration', '3',
    '--pid', `${server.pid}`, '--assert', 'faults=0', 'failed=0', 'nacked=0'); // nothing is lost on the way to the server
  assert.equal(code, 0, stdout);
  assert.ok(figures.p99 > 40 && figures.p999 <= figures.max, stdout);
  assert.ok(figures.loss > 0 && figures.recovered > 0, stdout);
  assert.ok(figures.layer_switches > 0 && figures.keys_asked > 0, stdout);
  for (const name of ['duplicates', 'reordered', 'freezes', 'frozen', 'switches', 'join_p50', 'signalling_p95', 'ice_p95', 'dtls_p95', 'packet_p95', 'key_p95',
    'server_user', 'server_system', 'us_per_packet', 'memory_per_participant', 'own_cpu']) assert.equal(typeof figures[name], 'number', name);
  assert.ok(figures.server_threads >= 2 && figures.server_memory > 1, stdout);
});

test('whoever leaves has left: the server waits for nobody to come back', async () => {
  const { code, stdout, stderr } = await bench(...here(), '--room', 'busy', '--participants', '7', '--publishers', '1', '--slots', '1,1', '--churn', '50',
    '--warmup', '0', '--duration', '2', '--assert', 'failed=0');
  assert.equal(code, 0, stdout + stderr);
  await until('an empty server', async () => (await participants()) === 0, { every: 20, timeout: 5000 });
});

test('a ramp ends where a condition breaks, or where the server lets no more in', async () => {
  for (const [condition, capacity, words] of [
    ['participants<6', 4, /^ +8 participants: .* a condition broke$/m],
    ['participants>0', 8, /^ +8 participants: .* not everybody got in and stayed$/m],
  ]) {
    const ended = await measured(...here(), '--room', 'ramp', '--participants', '16', '--publishers', '1', '--slots', '1,1', '--ramp', '4',
      '--warmup', '100ms', '--duration', '500ms', '--assert', condition);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, words);
    assert.match(ended.stdout, new RegExp(`^Capacity: ${capacity} participants$`, 'm'));
    assert.equal(ended.capacity, capacity);
    await until('an empty server', async () => (await participants()) === 0, { every: 20 });
  }
});

test('a line on the terminal tells how it goes', async () => {
  const args = [...here(), '--room', 'live', '--participants', '2', '--duration', '1500ms'];
  const { stdout } = await promisify(execFile)('script', ['-qec', `${program} ${args.join(' ')}`, '/dev/null'], { timeout: 30000 });
  assert.match(stdout, /\r\x1b\[K +\d+ s measuring {2}2 there {2}\d+ packets\/s .* loss \d+\.\d+%.*own \d+%/);
});

test('a server that is gone is told of, whoever noticed it', async (t) => {
  for (const driver of ['plenum', 'whip']) {
    const free = await freePort();
    const mortal = await startServer({
      set: { 'http.address': '127.0.0.1', 'http.port': free, 'rtc.address': '127.0.0.1', 'rtc.port': await freePort(), 'rtc.workers': 1 },
    });
    t.after(mortal.kill);
    const child = spawn(program, ['--driver', driver, '--url', driver === 'whip' ? `http://127.0.0.1:${free}` : `ws://127.0.0.1:${free}/ws`,
      '--participants', '3', '--publishers', '1', '--slots', '1,1', '--warmup', '0', '--duration', driver === 'whip' ? '9s' : '2s', '--assert', 'loss<1%']);
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (out += data));
    await until('three in the room', () => out.includes('3 participants are there\n'), { every: 20 });
    mortal.kill();
    const [code] = await once(child, 'close');
    assert.equal(code, 2, out);
    assert.match(out, /^ended +3 /m);
    assert.match(out, driver === 'whip' ? /thrown out: the server answers no more$/m : /thrown out: the server closed the connection$/m);
    assert.match(out, /nobody was there any more at the end$/m);
  }
});

test('WHIP and WHEP: one publishes, three watch', async () => {
  const { code, stdout, stderr } = await bench('--driver', 'whip', '--url', `http://127.0.0.1:${port}`, '--room', 'stream', '--participants', '4',
    '--publishers', '1', '--slots', '1,1', '--duration', '1500ms', '--assert', 'loss<1%', 'faults=0', 'failed=0', 'audio_in>10', 'frames_in>1');
  assert.equal(code, 0, stdout + stderr);
  await until('an empty server', async () => (await participants()) === 0, { every: 20 });
});

test('WHIP: a session is ended where the server says that it is, however it says so', async (t) => {
  const ways = ['sessions/1', '?session=2', '/sessions/3', '//HERE/sessions/4', 'http://HERE/sessions/5'];
  const due = [];
  const ended = [];
  const listener = http.createServer(async (request, response) => {
    if (request.method === 'DELETE') {
      ended.push(request.url);
      response.end();
      return;
    }
    const answer = await fetch(new URL(request.url, server.url), { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: await text(request) });
    const location = ways[due.length].replace('HERE', request.headers.host);
    const { pathname, search } = new URL(location, `http://${request.headers.host}${request.url}`);
    due.push(pathname + search);
    response.writeHead(answer.status, { location }).end(await answer.text());
  }).listen(0, '127.0.0.1');
  t.after(() => listener.close());
  await once(listener, 'listening');
  const { code, stdout, stderr } = await bench('--driver', 'whip', '--url', `http://127.0.0.1:${listener.address().port}`, '--room', 'located',
    '--participants', `${ways.length}`, '--publishers', '2', '--slots', '1,1', '--warmup', '0', '--duration', '200ms', '--assert', 'failed=0');
  assert.equal(code, 0, stdout + stderr);
  assert.deepEqual(ended.sort(), due.sort());
  await until('an empty server', async () => (await participants()) === 0, { every: 20 });
});

test('SIGTERM ends it early: it leaves the room and tells what it saw', async () => {
  const child = spawn(program, [...here(), '--room', 'early', '--participants', '3', '--duration', '60min']);
  let out = '';
  child.stdout.on('data', (data) => (out += data));
  await until('three in the room', () => out.includes('3 participants are there\n'), { every: 20 });
  assert.equal(await participants(), 3);
  child.kill('SIGTERM');
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  assert.match(out, /^participants +3 /m);
  await until('an empty server', async () => (await participants()) === 0, { every: 20 });
});

// Says the same to whoever comes.
async function parrot(t, words) {
  const listener = net.createServer((socket) => socket.on('error', () => {}).end(words)).listen(0, '127.0.0.1');
  t.after(() => listener.close());
  await once(listener, 'listening');
  return listener.address().port;
}

test('what cannot be is said in words, with exit code 2', async (t) => {
  const nothing = await freePort();
  const ssh = await parrot(t, 'SSH-2.0-OpenSSH_9.2\r\n');
  const elsewhere = await parrot(t, 'HTTP/1.1 301 Moved\r\nLocation: https://there.example/\r\nContent-Length: 0\r\n\r\n');
  const abroad = await parrot(t, 'HTTP/1.1 201 Created\r\nLocation: //there.example/42\r\nContent-Length: 0\r\n\r\n');
  for (const [args, words] of [
    [['--url', `ws://127.0.0.1:${nothing}/ws`], /connection refused/],
    [['--url', `ws://127.0.0.1:${port}/nowhere`, '--participants', '1'], /this URL is no WebSocket/],
    [['--url', 'http://127.0.0.1/'], /no URL of this driver's: ws:/],
    [['--url', 'ws://127.0.0.1:65536/ws'], /a port is a number from 1 to 65535/],
    [['--url', `wss://127.0.0.1:${port}/ws`, '--participants', '1'], /no TLS there/],
    [['--url', `ws://127.0.0.1:${ssh}/ws`, '--participants', '1'], /does not speak HTTP there/],
    [['--driver', 'whip', '--url', `http://127.0.0.1:${elsewhere}`, '--participants', '1'], /answered the offer with 301, go to https:\/\/there\.example\//],
    [['--driver', 'whip', '--url', `http://127.0.0.1:${abroad}`, '--participants', '1'], /its session is at \/\/there\.example\/42, which is not on this server$/m],
    [['--participants', '1000000', '--rooms', '1000000'], /takes 2000000000100 open files, more than this user may have: ulimit -n/],
    [['--participants', '10', '--ramp', '5'], /--ramp goes up until a limit breaks/],
    [['--pid', '4194304'], /there is no such process/],
    [['--url', 'ws://name.invalid/ws'], /there is no host name\.invalid/],
    [[...here(), '--room', 'not a name', '--participants', '1'], /the server refused the join: .*room/],
    [[...here(), '--driver', 'other'], /there is no driver other/],
    [[...here(), '--driver', 'whip', '--views', '5s'], /--views does nothing with --driver whip, but with plenum$/m],
    [[...here(), '--driver', 'janus', '--views', '5s'], /--views does nothing with --driver janus, but with plenum$/m],
    [[...here(), '--driver', 'whip', '--tile', '640x360'], /--tile does nothing with --driver whip/],
    [[...here(), '--driver', 'janus', '--token', 'a.b.c'], /--token does nothing with --driver janus/],
    [[...here(), '--driver', 'whip', '--name', 'somebody'], /--name does nothing with --driver whip/],
    [[...here(), '--whip', '/whip/{room}'], /--whip does nothing with --driver plenum, but with whip$/m],
    [[...here(), '--driver', 'janus', '--whep', '/whep/{room}'], /--whep does nothing with --driver janus, but with whip$/m],
    [[...here(), '--driver', 'whip'], /no URL of this driver's: http:/],
    [['--driver', 'whip', '--url', `http://127.0.0.1:${port}`, '--participants', '1', '--publishers', '0', '--slots', '0,0'], /answered the offer with 400/],
    [['--driver', 'whip', '--url', `http://127.0.0.1:${nothing}`], /connection refused/],
    [['--participants', 'many'], /--participants many: it has to be N/],
    [['--colour', 'red'], /there is no option --colour/],
    [['--assert', 'los<1'], /'los<1' is no condition/],
  ]) {
    const { code, stdout, stderr } = await bench(...args);
    assert.match(stderr, words);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    assert.equal(stdout, '');
    assert.equal(code, 2, stderr);
  }
});
