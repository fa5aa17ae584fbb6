// Somebody who keeps a server busy: a publisher by WHIP who sends nothing but connectivity checks, each of which has
// to be authenticated and answered.
import { createHmac, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

const offer = await readFile(new URL('../../sdp/chromium-meeting-3-9.sdp', import.meta.url), 'utf8');

const TICK = 5; // ms
const LOOK = 200; // ms
const FIRST = 20; // checks a ms
const MOST = 100;
const LONG = 1000; // bytes of an attribute that nobody reads: all of a check is hashed

// RFC 8489
const COOKIE = 0x2112a442;
const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const PRIORITY = 0x0024;
const SOFTWARE = 0x8022;
const FINGERPRINT = 0x8028;
const FINGERPRINT_XOR = 0x5354554e;
const HEADER = 20;

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const u32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

// The message with one attribute more, which is of what the message is with its new length.
function add(message, type, length, value) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type);
  head.writeUInt16BE(length, 2);
  message.writeUInt16BE(message.length - HEADER + 4 + Math.ceil(length / 4) * 4, 2);
  return Buffer.concat([message, head, value(message), Buffer.alloc(-length & 3)]);
}

function check(ufrag, password) {
  const head = Buffer.concat([u32(0x00010000), u32(COOKIE), randomBytes(12)]);
  return [
    [USERNAME, ufrag.length, () => Buffer.from(ufrag)],
    [PRIORITY, 4, () => u32(1)],
    [SOFTWARE, LONG, () => Buffer.alloc(LONG, 'x')],
    [MESSAGE_INTEGRITY, 20, (message) => createHmac('sha1', password).update(message).digest()],
    [FINGERPRINT, 4, (message) => u32(crc32(message) ^ FINGERPRINT_XOR)],
  ].reduce((message, attribute) => add(message, ...attribute), head);
}

// Joins a room of its own and sends as many checks as it takes to have the server's media worker work for that share
// of its time, as /health tells. Gives
//   aim(percent)  another share from now on
//   rate()        checks a second that it sends
//   stop()        sends no more; once it has been called it does nothing
export async function keepBusy(server, percent) {
  const made = await fetch(new URL('whip/busy', server.url), { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: offer });
  const answer = await made.text();
  const of = (name) => new RegExp(`^a=${name}:(.*)\r$`, 'm').exec(answer)[1];
  const [, , , , address, port] = of('candidate').split(' ');
  const theirs = /^a=ice-ufrag:(.*?)\r?$/m.exec(offer)[1];
  const bytes = check(`${of('ice-ufrag')}:${theirs}`, of('ice-pwd'));
  const socket = dgram.createSocket('udp4').on('error', () => {});
  socket.connect(Number(port), address);
  await once(socket, 'connect');
  let stopped = false;
  let aim = percent;
  let rate = FIRST;
  let sent = Date.now();
  const sending = setInterval(() => {
    const now = Date.now();
    for (let count = Math.min(now - sent, 4 * TICK) * rate; count > 0; count--) socket.send(bytes);
    sent = now;
  }, TICK);
  const looking = setInterval(async () => {
    const { load } = await fetch(new URL('health', server.url)).then((it) => it.json()).catch(() => ({}));
    if (load) rate = Math.min(rate * Math.min(Math.max(aim / load, 0.6), 1.4), MOST);
  }, LOOK);
  return {
    aim: (to) => (aim = to),
    rate: () => Math.round(rate * 1000),
    stop() {
      clearInterval(sending);
      clearInterval(looking);
      if (!stopped) socket.close();
      stopped = true;
    },
  };
}
