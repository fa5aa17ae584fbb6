// What compilers do not see: which folder may include what, calls that are not
// used here, locks, and files that must hold no addresses. Writes TAP.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

process.chdir(new URL('..', import.meta.url).pathname);

const plain = ['assert', 'ctype', 'errno', 'float', 'inttypes', 'limits', 'math', 'stdalign', 'stdarg', 'stdatomic',
  'stdbool', 'stddef', 'stdint', 'stdlib', 'string', 'strings'].map((name) => `${name}.h`);
const posix = [...plain, 'stdio.h', 'time.h', 'signal.h', 'unistd.h', 'fcntl.h', 'poll.h', 'pthread.h', 'sched.h',
  'regex.h', 'netdb.h', 'ifaddrs.h', 'getopt.h', 'locale.h', 'syslog.h', 'arpa/', 'net/', 'netinet/', 'sys/', 'linux/'];
const glib = ['glib.h', 'glib-unix.h', 'glib/', 'gio/'];
const media = ['openssl/', 'srtp2/', 'usrsctp.h', 'stun/', 'nice/', 'intel-ipsec-mb.h'];
const control = ['openssl/', 'libwebsockets.h', 'uv.h', 'jansson.h', 'jwt.h'];

// Folder by folder: which of ours and which libraries. rtp has no clock, socket,
// thread or output; signaling sees of the media plane one header and what that
// one includes.
const layers = {
  rtp: { ours: ['rtp'], system: plain },
  conf: { ours: ['conf'], system: [...posix, ...glib] },
  sfu: { ours: ['rtp', 'conf', 'sfu'], system: [...posix, ...glib, ...media] },
  signaling: { ours: ['rtp', 'conf', 'sfu/public', 'signaling'], system: [...posix, ...glib, ...control] },
  'signaling/server.c': { ours: ['rtp', 'conf', 'sfu/public', 'signaling'], system: [...posix, ...glib, ...control, 'malloc.h'] },
  bench: { ours: ['rtp', 'conf', 'sfu', 'bench'], system: [...posix, ...glib, ...media, ...control, 'vpx/', 'liburing.h'] },
  'bench/heap.c': { ours: [], system: [...posix, 'malloc.h'] },
  'sfu/main.c': { ours: ['conf', 'sfu/public', 'signaling/public'], system: [...posix, ...glib] },
};

const banned = /\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|strtok_r|atoi|atol|atoll|atof|sscanf|alloca|strncpy|strncat|system|popen)\s*\(/;
const locks = /\b(pthread_(mutex|rwlock|spin|cond)\w*|mtx_\w+|cnd_\w+|GMutex|GRecMutex|GRWLock|GCond|g_(rec_)?mutex_\w+|g_rw_lock_\w+|g_cond_\w+)\b/;

let number = 0;

// One check: name, and the list of what is wrong.
function report(name, wrong) {
  console.log(`${wrong.length ? 'not ok' : 'ok'} ${++number} - ${name}`);
  for (const line of wrong) console.log(`#   ${line}`);
  if (wrong.length) process.exitCode = 1;
}

// What is built or installed is not looked at, nor what begins with a dot.
const skipped = new Set(['build', 'node_modules', 'tls']);

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    if (entry.name.startsWith('.') || skipped.has(entry.name)) return [];
    return entry.isDirectory() ? walk(file) : [file];
  });
}

const files = walk('.');

// Comments and string literals out, line breaks kept.
function code(text) {
  return text.replace(/\/\*[^]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"/g, (found, at) =>
    found.startsWith('"') ? (/#\s*include\s*$/.test(text.slice(text.lastIndexOf('\n', at) + 1, at)) ? found : '""')
      : found.replace(/[^\n]/g, ''));
}

const sources = files
  .filter((file) => /\.[ch]$/.test(file))
  .map((file) => ({ file, folder: file.split('/')[0], lines: code(readFileSync(file, 'utf8')).split('\n') }));
const ours = sources.filter(({ folder }) => folder in layers);

// Every match of the pattern as "file:line: text".
function grep(list, pattern) {
  return list.flatMap(({ file, lines }) =>
    lines.flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])));
}

function includes({ lines }) {
  return lines.flatMap((line, i) => {
    const found = line.match(/^\s*#\s*include\s+(?:<(.+)>|"(.+)")/);
    return found ? [{ line: i + 1, system: found[1], own: found[2] }] : [];
  });
}

// The file of ours that #include "name" in a file of that layer means, or undefined.
function resolve(name, from, layer) {
  const folders = layer.ours.flatMap((folder) => (folder.includes('/') ? [folder] : [folder, `${folder}/public`]));
  return [path.dirname(from), ...folders].map((folder) => path.posix.join(folder, name)).find((file) => existsSync(file));
}

function layering() {
  return ours.flatMap((source) => {
    const layer = layers[source.file] ?? layers[source.folder];
    const allowed = (name) => layer.system.some((entry) => (entry.endsWith('/') ? name.startsWith(entry) : name === entry));
    return includes(source)
      .filter(({ system, own }) => (system ? !allowed(system) : !resolve(own, source.file, layer)))
      .map(({ line, system, own }) => `${source.file}:${line}: ${system ? `<${system}>` : `"${own}"`}`);
  });
}

const pair = (file) => file.replace(/(\/public)?\/([^/]+)\.[ch]$/, '/$2');

// Cycles of includes between these sources, or between their pairs of .h and .c.
function cycles(among, name) {
  const edges = new Map();
  for (const source of among) {
    const layer = layers[source.file] ?? layers[source.folder];
    const to = includes(source).flatMap(({ own }) => (own ? [resolve(own, source.file, layer)] : [])).filter(Boolean).map(name);
    const from = name(source.file);
    edges.set(from, [...(edges.get(from) ?? []), ...to.filter((other) => other !== from)]);
  }
  const wrong = [];
  const state = new Map();
  function visit(node, way) {
    if (state.get(node) === 'done') return;
    if (state.get(node) === 'open') {
      wrong.push([...way.slice(way.indexOf(node)), node].join(' -> '));
      return;
    }
    state.set(node, 'open');
    for (const next of edges.get(node) ?? []) visit(next, [...way, node]);
    state.set(node, 'done');
  }
  for (const node of edges.keys()) visit(node, []);
  return wrong;
}

report('each folder includes only what it may', layering());
report('no cycles between headers', cycles(ours.filter(({ file }) => file.endsWith('.h')), (file) => file));
report('no calls without bounds, and none that hide errors', grep(ours, banned));
report('no locks outside the mailbox', grep(ours.filter(({ file }) => !/^sfu\/mailbox\.[ch]$/.test(file)), locks));
report('headers begin with their guard', ours
  .filter(({ file, lines }) => file.endsWith('.h') && lines.find((line) => line.trim()) !== '#pragma once')
  .map(({ file }) => file));
report('every folder says what it is', [...new Set([...Object.keys(layers).filter((name) => !name.includes('/')), 'web', 'tests', '.'])]
  .filter((folder) => !existsSync(path.join(folder, 'README.md')))
  .map((folder) => `${folder}/README.md is missing`));
report('no unfinished places', files
  .filter((file) => /\.([ch]|mjs|js|sh|css|html|awk)$/.test(file) && file !== 'tests/lint.mjs')
  .flatMap((file) => grep([{ file, lines: readFileSync(file, 'utf8').split('\n') }], /\b(TODO|FIXME|XXX|HACK)\b/)));
report('lock files name no registry', files
  .filter((file) => file.endsWith('package-lock.json'))
  .flatMap((file) => grep([{ file, lines: readFileSync(file, 'utf8').split('\n') }], /"resolved"/)));

// Wishes, not rules.
function remark(text, lines) {
  if (lines.length) console.log([`# ${text}`, ...lines].join('\n#   '));
}

remark('pairs of .h and .c that need each other:', cycles(ours, pair));
const long = [...sources.map(({ file }) => file), ...files.filter((file) => /\.m?js$|\.css$/.test(file))]
  .map((file) => [readFileSync(file, 'utf8').split('\n').length - 1, file])
  .filter(([lines]) => lines > 400)
  .sort(([a], [b]) => b - a);
remark('longer than 400 lines:', long.map(([lines, file]) => `${lines} ${file}`));
console.log(`1..${number}`);
