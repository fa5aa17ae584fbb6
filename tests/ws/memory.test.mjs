// What a server keeps of the memory that a crowd took.
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Client, health, serve, until } from './lib/room.mjs';

// In MB.
async function resident(server) {
  const status = await readFile(`/proc/${server.pid}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)[1]) / 1024;
}

// Each talks in a room of its own, which keeps what was said. What the few who stay have said lies between that of the
// others, so that free() alone gives nothing back. Sanitizers have an allocator of their own: a release.
test('when most have left, most of their memory goes back to the system', async (t) => {
  const server = await serve(t, { 'signaling.rate': 10000, 'log.level': 'warning' }, { preset: 'release' });
  const text = 'x'.repeat(4000);
  const people = await Promise.all(Array.from({ length: 40 }, () => Client.open(server.ws)));
  await Promise.all(people.map((one, i) => one.result('join', { room: `room-${i}`, name: 'N' })));
  const before = await resident(server);
  for (let i = 0; i < 75; i++) await Promise.all(people.map((one) => one.result('chat', { text })));
  const full = await resident(server);
  await Promise.all(people.map((one, i) => (i % 10 ? one.result('leave', {}) : undefined)));
  await until('the rooms of four', async () => (await health(server)).participants === 4);
  await until(`less than half of what came to ${before.toFixed(1)} MB, to make it ${full.toFixed(1)} MB`,
    async () => (await resident(server)) - before < (full - before) / 2,
    { also: async () => `, now ${(await resident(server)).toFixed(1)} MB` });
});
