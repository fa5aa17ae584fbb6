// A publisher that costs next to nothing: plenum-bench, whose pictures were encoded once and whose rates are known.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './until.mjs';

/* global window */
const program = fileURLToPath(new URL('../../../build/release/plenum-bench', import.meta.url));
const LAYERS = '320x180@30:150k,640x360@30:500k,1280x720@30:1500k';

// Joins that room of the server, from the other end of a link (link.mjs) if one is given, sends sound and pictures, and
// looks at nobody. name: of each its own. Gives
//   seenBy(viewer)  it as that Person knows it: { id, name }
//   stop()          leaves
export function publish(server, room, { layers = LAYERS, link, name = 'bench' } = {}) {
  const url = new URL('ws', server.url.replace('http', 'ws'));
  const [command, ...args] = [...(link?.command ?? []), program];
  const child = spawn(command, [...args, '--url', url, '--insecure', '--room', room, '--name', name, '--participants', '1', '--pictures',
    '--layers', layers, '--slots', '1,1', '--duration', '3600'], { stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    seenBy: (viewer) => until(`${viewer.name} knows who publishes`, () => viewer.page.evaluate((wanted) =>
      [...window.plenum.roster.values()].find((it) => it.name.startsWith(wanted) && it.tracks.length > 0), name))
      .then((it) => ({ id: it.participant, name: it.name })),
    async stop() {
      if (child.exitCode === null) {
        child.kill();
        await once(child, 'exit');
      }
    },
  };
}
