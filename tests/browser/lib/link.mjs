// Another network namespace than the test's own, at the end of a link whose rate and loss can be changed at any time.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// Where the server is: on lo of its namespace, so that its address is the same from everywhere.
export const SERVER = '10.98.0.1';

// How startServer() makes one that can be reached through links.
export const linked = {
  set: { 'http.address': SERVER, 'http.tls': 'auto', 'http.tls_dir': path.join(tmpdir(), 'tls'), 'rtc.address': SERVER },
};

const root = fileURLToPath(new URL('../../..', import.meta.url));

let made = 0;

const run = (command) => execFileSync(command[0], command.slice(1), { stdio: ['ignore', 'inherit', 'inherit'] });

// The end of a link: a device in a namespace, which is the test's own where none is given.
class End {
  constructor(device, address, { command = [], pid } = {}) {
    Object.assign(this, { device, address, command, pid });
  }

  run(text) {
    run([...this.command, ...text.split(' ')]);
  }

  // One packet after the other: what GSO puts together would be lost together.
  up() {
    this.run(`ip link set ${this.device} addrgenmode none gso_max_segs 1 up`);
    this.run(`ip address add ${this.address}/24 dev ${this.device}`);
  }

  // What leaves here: no more than a packet at once, as on a line, or short probes find room that there is not.
  slow(kbit, queue) {
    if (this.limited) this.run(`tc qdisc delete dev ${this.device} root`);
    this.limited = Boolean(kbit);
    if (kbit) this.run(`tc qdisc add dev ${this.device} root tbf rate ${kbit}kbit burst 1600 latency ${queue}ms`);
  }

  // What arrives here: on the way out the sender would be told.
  lose(percent) {
    if (this.losing) this.run(`nft delete table netdev ${this.device}`);
    this.losing = Boolean(percent);
    if (!percent) return;
    this.run(`nft add table netdev ${this.device}`);
    this.run(`nft add chain netdev ${this.device} in { type filter hook ingress device ${this.device} priority 0; }`);
    this.run(`nft add rule netdev ${this.device} in ip protocol udp numgen random mod 1000 < ${10 * percent} drop`);
  }
}

// A network namespace that lives until it is closed.
async function openNamespace() {
  const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo; exec sleep infinity'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  return {
    pid: holder.pid,
    command: ['nsenter', `--net=/proc/${holder.pid}/ns/net`],
    close: () => holder.kill(),
  };
}

// A wire between these ends that is late by delay, give or take jitter: it has a namespace of its own, where nobody
// but plenum-wire looks at the frames.
async function openWire(here, there, delay, jitter) {
  const space = await openNamespace();
  for (const { device, pid } of [here, there]) {
    run(['ip', 'link', 'add', device, ...(pid ? ['netns', pid] : []), 'type', 'veth', 'peer', 'name', device, 'netns', space.pid]);
    run([...space.command, 'ip', 'link', 'set', device, 'addrgenmode', 'none', 'up']);
  }
  const [program, ...args] = [...space.command, `${root}build/release/tests/plenum-wire`, here.device, there.device, delay, jitter];
  const relay = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(relay.stdout, 'data');
  return {
    close() {
      relay.kill();
      space.close();
    },
  };
}

// A link from here (the test's namespace) to there (one of its own, which ends with the test), late by delay ms give
// or take jitter. serverThere: the server is to be there, else it is here. Chromium drops what it is loading when
// an address comes: make all links first.
//   command        what comes before a command for it to run there
//   change({ toThere: { kbit, queue, loss }, toHere: {...} })   from now on, that direction has that rate (null: any)
//                  with a queue of so many ms, and loses so many per cent of its UDP packets. What is not named stays
//   close()
export async function connect({ delay = 0, jitter = 0, serverThere = false } = {}) {
  assert.ok(process.env.PLENUM_NAMESPACE, 'not in a network namespace of its own: start this test with namespace.sh');
  const n = ++made;
  const space = await openNamespace();
  const here = new End(`here${n}`, `10.98.${n}.1`);
  const there = new End(`there${n}`, `10.98.${n}.2`, space);
  const wire = delay ? await openWire(here, there, delay, jitter) : null;
  if (!wire) here.run(`ip link add ${here.device} type veth peer name ${there.device} netns ${space.pid}`);
  here.up();
  there.run('ip link set lo up');
  there.up();
  const [near, far] = serverThere ? [there, here] : [here, there];
  if (serverThere || n === 1) near.run(`ip address add ${SERVER}/32 dev lo`);
  far.run(`ip route add default via ${near.address}`);

  function shape(sender, receiver, { kbit, queue = 200, loss }) {
    if (kbit !== undefined) sender.slow(kbit, queue);
    if (loss !== undefined) receiver.lose(loss);
  }
  return {
    command: space.command,
    change({ toThere = {}, toHere = {} }) {
      shape(here, there, toThere);
      shape(there, here, toHere);
    },
    close() {
      wire?.close();
      space.close();
    },
  };
}

// A program that runs another one there, for those who want a path and no command.
export function launcher({ command }, program) {
  const file = path.join(tmpdir(), `${path.basename(program)}-${command.at(-1).replace(/\D/g, '')}`);
  writeFileSync(file, `#!/bin/sh\nexec ${command.join(' ')} ${program} "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}
