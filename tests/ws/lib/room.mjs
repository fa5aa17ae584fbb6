// A control plane without a media plane, under ASan if nothing else is asked for, and clients of its room protocol.
import { execFile } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { limit, startServer } from '../../browser/lib/server.mjs';
import { until } from '../../browser/lib/until.mjs';

export { until };

const signalingOnly = 'tests/plenum-signaling-only';
const path = fileURLToPath(new URL(`../../../build/asan/${signalingOnly}`, import.meta.url));

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// A server with those settings, without a media plane if nothing else is asked for, with that many open files at
// most, that ends with the test t, cleanly.
export async function serve(t, set = {}, { files, preset = 'asan', program = signalingOnly } = {}) {
  const port = await freePort();
  const server = await startServer({
    preset,
    program,
    files,
    set: { 'http.address': '127.0.0.1', 'http.port': port, ...set },
  });
  let stopped = false;
  const stop = () => {
    stopped = true;
    return server.stop();
  };
  t.after(() => (stopped ? undefined : server.stop().finally(server.kill)));
  return { ...server, port, stop, ws: `${server.url.replace('http', 'ws')}ws` };
}

// Runs it with those settings to its end, which has to come by itself.
export async function run(settings, files = undefined) {
  const port = await freePort();
  const sets = ['http.address=127.0.0.1', `http.port=${port}`, ...settings].flatMap((one) => ['--set', one]);
  return new Promise((resolve) => {
    const [command, ...args] = [...limit(files), path, ...sets];
    execFile(command, args, { timeout: 10000 },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });
}

export class Client {
  #last = 0;
  messages = [];
  closed = null;

  constructor(url, options = {}) {
    this.socket = new WebSocket(url, 'protocol' in options ? options.protocol : 'plenum', {
      rejectUnauthorized: false,
      ...options,
    });
    this.socket.on('message', (data) => this.messages.push(JSON.parse(data)));
    this.socket.on('close', (code, reason) => (this.closed = { code, reason: String(reason) }));
    this.socket.on('error', (error) => (this.error = error));
  }

  static async open(url, options) {
    const client = new Client(url, options);
    await until('an open socket', () => client.error || client.socket.readyState === WebSocket.OPEN, { every: 5 });
    if (client.error) throw client.error;
    return client;
  }

  send(text) {
    this.socket.send(text);
  }

  // The answer to a request: {result} or {error}.
  async call(method, params) {
    const id = ++this.#last;
    this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    const answer = () => this.messages.find((message) => message.id === id) ?? (this.closed && { error: { message: 'the socket was closed' } });
    return until(`an answer to ${method}`, answer, { every: 5 });
  }

  async result(method, params) {
    const { result, error } = await this.call(method, params);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  told(method) {
    return this.messages.filter((message) => message.method === method).map(({ params }) => params);
  }

  whenTold(method, fits = () => true) {
    return until(`to be told ${method}`, () => this.told(method).find(fits), { every: 5 });
  }

  whenClosed() {
    return until('a closed socket', () => this.closed, { every: 5 });
  }

  // As a network that breaks: no close frame.
  cut() {
    this.socket.terminate();
  }
}

export async function health(server) {
  const response = await fetch(`${server.url}health`);
  return response.json();
}

// What opens a WebSocket by hand.
export const upgrade = (file = '/ws') =>
  `GET ${file} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: plenum\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`;

// One frame of it, RFC 6455, section 5.2: masked with zeros.
export function frame(content, { opcode = 1, last = true } = {}) {
  const body = Buffer.from(content);
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65536 ? 4 : 10);
  head[0] = (last ? 0x80 : 0) | opcode;
  head[1] = 0x80 | (body.length < 126 ? body.length : body.length < 65536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(body.length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(body.length), 2);
  return Buffer.concat([head, Buffer.alloc(4), body]);
}

// What the server says to these bytes until it closes.
export async function raw(server, bytes, { timeout = 20000 } = {}) {
  const socket = net.connect(server.port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (data) => (text += data));
  socket.on('error', () => {});
  socket.write(bytes);
  socket.setTimeout(timeout, () => socket.destroy(new Error('late')));
  await once(socket, 'close').catch(() => {});
  return text;
}

export const status = (text) => Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);

// A join token, valid for a minute.
export function sign(secret, claims, header = { alg: 'HS256', typ: 'JWT' }) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode(header)}.${encode({ exp: Date.now() / 1000 + 60, ...claims })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
