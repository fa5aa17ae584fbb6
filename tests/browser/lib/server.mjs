// A Plenum server under test.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './until.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const complaint = /AddressSanitizer|LeakSanitizer|ThreadSanitizer|UndefinedBehaviorSanitizer|runtime error:/;

const environment = {
  ...process.env,
  ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1',
  LSAN_OPTIONS: `suppressions=${root}tests/lsan.supp:print_suppressions=0`,
  UBSAN_OPTIONS: 'print_stacktrace=1',
  TSAN_OPTIONS: `suppressions=${root}tests/tsan.supp:second_deadlock_stack=1`,
  G_SLICE: 'always-malloc', // GLib's own allocator hands memory from thread to thread in ways that TSan does not see
};

// What comes before a command, for it to have that many open files at most.
export const limit = (files) => (files ? ['sh', '-c', 'ulimit -n "$0" && exec "$@"', files] : []);

// Starts build/PRESET/plenum (or another program of that build) with conf/plenum.ini and what set says
// ({ 'http.port': 8081 }), where it may have that many open files, at the other end of a link (link.mjs) if one is given, and waits until
// it is healthy at http.address or 127.0.0.1. Gives
//   url     where the page is
//   pid     its process, where it is at no link
//   log()   what it has written so far
//   stop()  SIGTERM; an error unless it then ends by itself, with 0, and no
//           sanitizer has complained
//   kill()  for a test's clean-up: ends it however it is
export async function startServer({ preset = 'release', program = 'plenum', set = {}, files, link } = {}) {
  const port = set['http.port'] ?? 8080;
  const scheme = (set['http.tls'] ?? 'off') === 'off' ? 'http' : 'https';
  const host = set['http.address'] ?? '127.0.0.1';
  const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/`;
  // Browsers and sanitizers take all of a machine: that is not to thin out what is tested.
  const sets = Object.entries({ 'limits.load': 100, ...set }).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const [command, ...args] = [...(link?.command ?? []), ...limit(files), `${root}build/${preset}/${program}`, '--config', 'conf/plenum.ini', ...sets];
  const child = spawn(command, args, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  let failure;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => (log += text));
  }
  child.on('error', (error) => (failure = error));
  const closed = new Promise((resolve) => child.on('close', resolve));
  const running = () => child.exitCode === null && child.signalCode === null && !failure;

  function kill() {
    if (running()) child.kill('SIGKILL');
    return closed;
  }

  async function stop({ timeout = 60000 } = {}) {
    assert.ok(running(), `the server had ended before it was told to\n${log}`);
    child.kill('SIGTERM');
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, timeout, 'late')));
    const result = await Promise.race([closed, late]);
    clearTimeout(timer);
    if (result === 'late') {
      await kill();
      assert.fail(`the server did not end within ${timeout} ms of SIGTERM\n${log}`);
    }
    assert.equal(child.signalCode, null, log);
    assert.equal(child.exitCode, 0, log);
    assert.doesNotMatch(log, complaint);
  }

  try {
    await until('a healthy server', async () => !running() || healthy(scheme, host, port), { every: 50 });
    assert.ok(running(), `${failure ?? 'the server ended'}\n${log}`);
  } catch (error) {
    await kill();
    throw new Error(`${error.message}\n${log}`);
  }
  return { url, preset, pid: child.pid, log: () => log, stop, kill };
}

async function healthy(scheme, host, port) {
  const { get } = await import(`node:${scheme}`);
  const request = get({ host, port, path: '/health', rejectUnauthorized: false, timeout: 2000 });
  try {
    const [response] = await once(request, 'response');
    response.resume();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}
