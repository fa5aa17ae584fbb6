// Changes the network of the test's own namespace.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

function run(program, text) {
  assert.ok(process.env.PLENUM_NAMESPACE, 'not in a network namespace of its own: start this test with namespace.sh');
  execFileSync(program, text.split(' '), { stdio: ['ignore', 'inherit', 'inherit'] });
}

export const ip = (text) => run('ip', text);
export const nft = (text) => run('nft', text);

// Where the server is: on lo, whose addresses a browser without `loopback` does not take for its own.
export const server = { v4: '10.98.0.1', v6: 'fd98::1' };

// A veth pair, both ends up and without addresses, and the server's addresses. The browser is where an end has an
// address. No address comes by itself later: Chromium drops what it is loading when its network changes.
export function connect() {
  ip(`address add ${server.v4}/32 dev lo`);
  ip(`address add ${server.v6}/128 dev lo nodad`);
  ip('link add plenum0 type veth peer name plenum1');
  for (const link of ['plenum0', 'plenum1']) ip(`link set ${link} addrgenmode none up`);
}
