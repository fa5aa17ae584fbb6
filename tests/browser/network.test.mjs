// Networks as people have them: of both families, behind NAT, and others in the middle of a call.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { connect, ip, nft, server as at } from './lib/network.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

/* global window */
const small = { width: 640, height: 480, camera: { width: 320, height: 180 } };
const isV6 = ({ remote }) => remote.includes(':');

before(connect);

// Ann and Ben in a call on a server with these settings, in a browser of their own; prepare: makes the network first.
function call(set, prepare) {
  const it = {};
  before(async () => {
    prepare();
    it.server = await startServer({ set: { 'rtc.workers': 1, ...set } });
    it.browser = await launchChromium({ fps: 5, loopback: false });
    it.join = (name, room = 'hall') => Person.join(it.browser, it.server, room, name, small);
  });
  after(async () => {
    await it.browser?.close();
    await it.server?.kill();
  });
  it.begin = async () => {
    [it.ann, it.ben] = await Promise.all([it.join('Ann'), it.join('Ben')]);
    await it.works();
  };
  it.works = () => Promise.all([it.ann.seesAndHears(it.ben), it.ben.seesAndHears(it.ann)]);
  it.end = async () => {
    for (const person of [it.ann, it.ben]) person.assertNoErrors();
    await it.server.stop();
  };
  // Runs what cuts the path, and waits until both see each other over another: the same people on the same connections.
  it.survives = async (cut, over) => {
    await cut();
    for (const person of [it.ann, it.ben]) {
      await until(`${person.name} has another path`, async () => over(await person.path()), { timeout: 90000 });
    }
    await it.works();
    for (const person of [it.ann, it.ben]) {
      const [id, connections] = await person.page.evaluate(() => [window.plenum.participant, window.probe.connections.length]);
      assert.equal(id, person.id);
      assert.equal(connections, 1, person.name);
    }
  };
  return it;
}

describe('IPv6 alone', () => {
  const it = call({ 'http.address': '::1', 'rtc.address': '::1' }, () => {
    ip('address add fd98:1::1/64 dev plenum0 nodad'); // of the loopback ones Chromium takes only 127.0.0.1
  });

  after(() => ip('address flush dev plenum0 scope global'));

  test('two see and hear each other', async () => {
    await it.begin();
    assert.deepEqual(await it.ann.candidates(), ['::1 7900']);
    assert.equal((await it.ann.path()).remote, '::1 7900');
  });

  test('nobody met an error, and the server ends with 0', () => it.end());
});

describe('IPv4 and IPv6', () => {
  const it = call({ 'rtc.address': `${at.v4} ${at.v6}` }, () => {
    ip('address add 10.98.1.1/24 dev plenum0');
    ip('address add fd98:1::1/64 dev plenum0 nodad');
  });

  after(() => {
    nft('flush ruleset');
    ip('address flush dev plenum0 scope global');
  });

  test('the browser has the choice', async () => {
    await it.begin();
    assert.deepEqual((await it.ann.candidates()).sort(), [`${at.v4} 7900`, `${at.v6} 7900`]);
  });

  test('where one family is cut, media goes on over the other', async () => {
    const was = isV6(await it.ann.path());
    await it.survives(() => {
      nft('add table inet cut');
      nft('add chain inet cut out { type filter hook output priority 0; }');
      nft(`add rule inet cut out meta nfproto ${was ? 'ipv6' : 'ipv4'} udp sport 7900 drop`);
      nft(`add rule inet cut out meta nfproto ${was ? 'ipv6' : 'ipv4'} udp dport 7900 drop`);
    }, (path) => path && isV6(path) !== was);
  });

  test('nobody met an error, and the server ends with 0', () => it.end());
});

describe('a public address', () => {
  const it = call({ 'rtc.workers': 2, 'rtc.address': at.v4, 'rtc.public_address': '203.0.113.1 2001:db8::1' }, () => {
    ip('address add 10.98.1.1/24 dev plenum0');
    ip('route add 203.0.113.1 dev plenum0');
    nft('add table ip nat');
    nft('add chain ip nat out { type nat hook output priority -100; }');
    nft(`add rule ip nat out ip daddr 203.0.113.1 meta l4proto udp dnat to ${at.v4}`);
  });

  after(() => {
    nft('flush ruleset');
    ip('route delete 203.0.113.1 dev plenum0');
    ip('address flush dev plenum0 scope global');
  });

  test('two see and hear each other through it', async () => {
    await it.begin();
    assert.match((await it.ann.path()).remote, /^203\.0\.113\.1 790[01]$/);
  });

  test('it alone is told, with the port of the worker', async () => {
    const cleo = await it.join('Cleo', 'den'); // on the other worker
    const told = [await it.ann.candidates(), await cleo.candidates()];
    for (const port of [7900, 7901]) {
      assert.ok(told.some((list) => String(list) === `203.0.113.1 ${port},2001:db8::1 ${port}`), JSON.stringify(told));
    }
  });

  test('nobody met an error, and the server ends with 0', () => it.end());
});

describe('another network', () => {
  const it = call({ 'rtc.address': at.v4 }, () => ip('address add 10.98.1.1/24 dev plenum0'));

  test('two see and hear each other', async () => {
    await it.begin();
    assert.match((await it.ann.path()).local, /^10\.98\.1\.1 /);
  });

  test('where the address changes, the call goes on', async () => {
    await it.survives(() => {
      ip('address delete 10.98.1.1/24 dev plenum0');
      ip('address add 10.98.2.1/24 dev plenum1');
    }, (path) => path && !path.local.startsWith('10.98.1.1 '));
  });

  test('and back, after a while without any', async () => {
    await it.survives(async () => {
      ip('address delete 10.98.2.1/24 dev plenum1');
      await until('Ann has noticed', () =>
        it.ann.page.evaluate(() => window.probe.connections[0].iceConnectionState !== 'connected'));
      ip('address add 10.98.1.1/24 dev plenum0');
    }, (path) => path && !path.local.startsWith('10.98.2.1 '));
  });

  test('nobody met an error, and the server ends with 0', () => it.end());
});
