import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Session } from '../../web/session.js';

// A WebSocket whose other end is the test: `answer(method, params)` gives a result, or throws {name} for an error.
let sockets;
let answer;
let told;
let session;

class FakeSocket {
  static OPEN = 1;

  constructor(url, protocol) {
    this.url = url;
    this.protocol = protocol;
    this.readyState = 0;
    this.asked = [];
    sockets.push(this);
    setImmediate(() => {
      if (this.readyState !== 0) return;
      if (answer === null) return this.end(1006);
      this.readyState = 1;
      this.onopen();
    });
  }

  send(text) {
    const { id, method, params } = JSON.parse(text);
    this.asked.push(method);
    setImmediate(() => {
      try {
        const result = answer(method, params);
        if (result !== undefined) this.tell({ id, result });
      } catch (error) {
        if (error instanceof Error) throw error;
        this.tell({ id, error: { code: 1, message: 'no', data: error } });
      }
    });
  }

  tell(message) {
    if (this.readyState === 1) this.onmessage({ data: JSON.stringify({ jsonrpc: '2.0', ...message }) });
  }

  close() {
    setImmediate(() => this.end(1005));
  }

  end(code) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

const until = async (condition) => {
  for (let i = 0; i < 3000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(condition(), `${condition}: ${JSON.stringify(told)}`);
};

const member = (more = {}) => ({
  participant: 1, session: 'first', resumed: false, complete: true, event: 10, room: 'r', name: 'Ann', count: 1,
  participants: [], ice_servers: [], ...more,
});

beforeEach(() => {
  globalThis.WebSocket = FakeSocket;
  sockets = [];
  told = [];
  answer = () => member();
  session = new Session({
    timeout: 20000, // a bound on hanging
    on: {
      state: (state, error) => told.push(error ? `${state} ${error.reason}` : state),
      entered: ({ session: secret }) => told.push(`entered ${secret}`),
      notified: (method, params) => told.push(`${method} ${params.event ?? '-'}`),
    },
  });
});

afterEach(() => session.leave());

const joined = async () => {
  await session.connect('ws://x/ws');
  await session.join({ room: 'r', name: 'Ann' });
  told.length = 0;
};

test('connect, join, leave', async () => {
  await session.connect('ws://x/ws');
  await session.join({ room: 'r', name: 'Ann' });
  await session.leave();
  assert.deepEqual(told, ['connecting', 'open', 'entered first', 'joined', 'ended']);
  assert.deepEqual(sockets[0].asked, ['join', 'leave']);
  assert.equal(sockets[0].protocol, 'plenum');
});

test('a join waits for the socket', async () => {
  answer = null;
  await assert.rejects(session.connect('ws://x/ws'), { reason: 'network' });
  const join = session.join({ room: 'r', name: 'Ann' });
  answer = () => member();
  await join;
  assert.equal(session.state, 'joined');
});

test('errors have the name that the server gave them', async () => {
  await session.connect('ws://x/ws');
  answer = () => {
    throw { name: 'room_full' };
  };
  await assert.rejects(session.join({ room: 'r', name: 'Ann' }), { reason: 'room_full' });
  assert.equal(session.state, 'open');
});

test('a server that has too much to do is asked again when it wants to be', async () => {
  await joined();
  const began = Date.now();
  let refused = 0;
  answer = (method, params) => {
    if (params.resume) throw { name: 'resume_expired' };
    if (!refused++) throw { name: 'busy', retry_after: 1500 };
    return member();
  };
  sockets[0].end(1006);
  await until(() => session.state === 'joined' && refused === 2);
  assert.ok(Date.now() - began >= 1500);
});

test('a request without a reply times out', async () => {
  await joined();
  answer = () => undefined;
  await assert.rejects(session.call('view', {}, 20), { reason: 'timeout' });
});

test('a request over a socket that closes is rejected at once', async () => {
  await joined();
  answer = () => undefined;
  const call = session.call('view', {});
  sockets[0].end(1006);
  await assert.rejects(call, { reason: 'closed' });
});

test('a dropped socket resumes with the secret and the last event, and repeats nothing', async () => {
  await joined();
  sockets[0].tell({ method: 'chat', params: { event: 11 } });
  sockets[0].tell({ method: 'chat', params: { event: 12 } });
  let asked;
  answer = (method, params) => {
    asked = params;
    return member({ session: 'second', resumed: true, complete: true, event: 14 });
  };
  sockets[0].end(1006);
  await until(() => session.state === 'joined');
  assert.deepEqual(asked, { room: 'r', resume: 'first', event: 12 });
  for (const event of [12, 13, 14]) sockets[1].tell({ method: 'chat', params: { event } });
  assert.deepEqual(told, ['chat 11', 'chat 12', 'reconnecting', 'entered second', 'joined', 'chat 13', 'chat 14']);
});

test('where the missed events are lost, counting goes on from the new number', async () => {
  await joined();
  answer = () => member({ resumed: true, complete: false, event: 500 });
  sockets[0].end(1006);
  await until(() => session.state === 'joined');
  sockets[1].tell({ method: 'chat', params: { event: 500 } });
  sockets[1].tell({ method: 'chat', params: { event: 501 } });
  assert.deepEqual(told.filter((it) => it.startsWith('chat')), ['chat 501']);
});

test('an expired session joins anew', async () => {
  await joined();
  const asked = [];
  answer = (method, params) => {
    asked.push(params);
    if (params.resume) throw { name: 'resume_expired' };
    return member({ session: 'anew', participant: 2, event: 0 });
  };
  sockets[0].end(1006);
  await until(() => session.state === 'joined');
  sockets[1].tell({ method: 'roster', params: { event: 1 } }); // counted from the start again
  assert.equal(told.at(-1), 'roster 1');
  assert.deepEqual(asked.map((it) => Object.keys(it)), [['room', 'resume', 'event'], ['room', 'name']]);
});

test('it is tried again until the server is back', async () => {
  await joined();
  answer = null;
  sockets[0].end(1006);
  await until(() => sockets.length >= 3);
  assert.equal(session.state, 'reconnecting');
  answer = () => member();
  session.hurry();
  await until(() => session.state === 'joined');
});

test('what only a human can mend ends the call', async () => {
  await joined();
  answer = (method, params) => {
    throw { name: params.resume ? 'resume_expired' : 'room_full' };
  };
  sockets[0].end(1006);
  await until(() => session.state === 'ended');
  assert.equal(told.at(-1), 'ended room_full');
});

test('a session that was resumed elsewhere does not fight for it', async () => {
  await joined();
  sockets[0].end(4000);
  assert.deepEqual(told, ['ended moved']);
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(sockets.length, 1);
});

test('whoever leaves while reconnecting and connects again has one socket', async () => {
  await joined();
  answer = null;
  sockets[0].end(1006);
  await until(() => sockets.length === 2);
  session.leave();
  answer = () => member();
  await session.connect('ws://x/ws');
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal(session.state, 'open');
  assert.equal(sockets.filter((it) => it.readyState === 1).length, 1);
});

test('the list of rooms is asked for again on a new socket', async () => {
  answer = () => ({ rooms: [] });
  await session.connect('ws://x/ws');
  await session.rooms(true);
  sockets[0].end(1006);
  await until(() => session.state === 'open' && sockets.length === 2);
  assert.deepEqual(sockets[1].asked, ['rooms']);
});

test('a silent socket is given up', async () => {
  await joined();
  answer = () => undefined;
  await session.check(20);
  assert.equal(session.state, 'reconnecting');
});
