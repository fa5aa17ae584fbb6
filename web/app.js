/** The page: a lobby, then a call. Puts the parts together; each part is a module beside this one. */

import { Chat } from './chat.js';
import { Controls } from './controls.js';
import { Devices } from './devices.js';
import { drawIcons, setIcon } from './icons.js';
import { link, Lobby } from './lobby.js';
import { Meter } from './meter.js';
import { banner, notice } from './notice.js';
import { Panel } from './panel.js';
import { People } from './people.js';
import { Plenum } from './plenum.js';
import { Selects } from './selects.js';
import { Side } from './side.js';
import { Stage } from './stage.js';
import { Voices } from './voices.js';
import { callWords, goneWords } from './words.js';

const byId = (id) => document.getElementById(id);
/** Above this head count comings and goings are not announced one by one. */
const ANNOUNCED = 20;
/** A small screen has no use for more pictures than this. */
const SLOTS_SMALL = 4;

function slotsWanted() {
  const { audio, video } = link();
  const small = Math.min(screen.width, screen.height) < 500;
  return { audio: audio ?? 3, video: video ?? (small ? SLOTS_SMALL : 9) };
}

drawIcons();
const plenum = new Plenum({ slots: slotsWanted() });
window.plenum = plenum;

const devices = new Devices();
new Controls(plenum, devices);
const stage = new Stage(plenum);
const voices = new Voices(plenum);
const chat = new Chat(plenum);
const people = new People(plenum, (entry) => {
  chat.address(entry);
  side.show('chat');
});
const side = new Side({ chat, people, stats: new Panel(plenum) });
const lobby = new Lobby(devices, (to) => plenum.join(to));

/* --- Lobby and call ------------------------------------------------------------------------------------------- */

async function watchRooms() {
  try {
    await plenum.connect();
    lobby.rooms(await plenum.rooms(true));
  } catch {
    plenum.rooms(true).catch(() => {}); // asked again as soon as the socket opens
  }
}

function enter() {
  history.replaceState(null, '', `#${plenum.room}${location.hash.match(/\?.*/)?.[0] ?? ''}`);
  document.title = `${plenum.room} · Plenum`;
  byId('room-name').textContent = plenum.room;
  byId('call').hidden = false;
  lobby.show(false);
  plenum.rooms(false).catch(() => {}); // they are of no use here, nor is an error
  stage.update();
}

function exit(error) {
  for (const part of [stage, voices, chat, people]) part.clear();
  side.show(null);
  byId('device-dialog').close();
  byId('call').hidden = true;
  document.title = 'Plenum';
  names.clear();
  for (const source of ['screen', 'screen_audio']) {
    plenum.local.get(source).track?.stop();
    plenum.publish(source, null);
  }
  if (plenum.muted('mic')) devices.close('mic'); // the lobby knows on and off only
  plenum.mute('mic', false);
  lobby.show(true, error && callWords(error));
  watchRooms();
}

const STATES = { idle: 'lobby', connecting: 'lobby', open: 'lobby', ended: 'lobby' };
let inCall = false;

plenum.addEventListener('state', ({ detail: { state, error } }) => {
  document.body.dataset.state = inCall && state === 'reconnecting' ? state : (STATES[state] ?? state);
  if (state === 'joined' && !inCall) {
    inCall = true;
    document.body.dataset.state = state;
    enter();
  } else if (state === 'ended' && inCall) {
    inCall = false;
    exit(error);
  }
  if (state === 'reconnecting') banner(inCall ? 'Connection lost. Reconnecting…' : 'The server cannot be reached. Trying again…');
  else banner(null);
});

plenum.addEventListener('rooms', ({ detail }) => lobby.rooms(detail.rooms));

plenum.addEventListener('shutdown', () => notice('The server is being restarted.', 'error'));

const MEDIA = { connecting: 'Connecting…', connected: '', interrupted: 'Connection disturbed…', gone: 'Connecting anew…', failed: 'No audio and video' };

plenum.addEventListener('media', ({ detail: { state, message } }) => {
  byId('media-state').textContent = MEDIA[state] ?? '';
  byId('call').dataset.media = state;
  if (state === 'failed') notice(`Audio and video do not work: ${message}`, 'error');
});

let names = new Map(); // of those who were here before the event: the roster has lost who left

plenum.addEventListener('roster', ({ detail: { joined, left, count } }) => {
  byId('head-count').textContent = count === 1 ? '1 person' : `${count} people`;
  const news = [
    ...joined.filter((it) => names.size && !names.has(it.participant) && it.participant !== plenum.participant).map(({ name }) => `${name} joined`),
    ...left.filter((it) => names.has(it.participant)).map((it) => `${names.get(it.participant)} ${goneWords(it.reason)}`),
  ];
  if (count <= ANNOUNCED) news.forEach((text) => notice(text));
  names = new Map([...plenum.roster.values()].map((it) => [it.participant, it.name]));
});

byId('leave').addEventListener('click', () => plenum.leave());

/* --- Link ----------------------------------------------------------------------------------------------------- */

/** The link to this room, without a token: that was given to one person. */
const roomLink = () => `${location.origin}${location.pathname}#${plenum.room}`;

for (const id of ['copy', 'invite']) {
  const button = byId(id);
  button.setAttribute('aria-label', button.textContent.trim());
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(roomLink());
      setIcon(button, 'check');
      setTimeout(() => setIcon(button, 'link'), 2000);
      notice('The link is copied.');
    } catch {
      notice(roomLink()); // no permission: it can be read, at least
    }
  });
}

byId('more').addEventListener('click', () => side.show('people'));

/* --- Devices -------------------------------------------------------------------------------------------------- */

async function choose(kind, id) {
  await devices.choose(kind, id);
  if (kind === 'speaker') await voices.output(id).catch(() => notice('That speaker cannot be used.', 'error'));
}

new Selects(byId('dialog-devices'), devices, choose);
const dialogMeter = new Meter((level) => {
  byId('dialog-meter').style.transform = `scaleX(${level})`;
});

function drawDialog() {
  const open = byId('device-dialog').open;
  const { mic, camera } = devices.tracks;
  dialogMeter.follow(open ? mic : null);
  const preview = byId('dialog-preview');
  preview.hidden = !camera;
  if (!open || !camera) preview.srcObject = null;
  else if (preview.srcObject?.getTracks()[0] !== camera) preview.srcObject = new MediaStream([camera]);
}

byId('devices').addEventListener('click', () => {
  byId('device-dialog').showModal();
  drawDialog();
});
byId('device-dialog').addEventListener('close', drawDialog);
devices.addEventListener('change', drawDialog);

/* --- Start ---------------------------------------------------------------------------------------------------- */

addEventListener('pageshow', ({ persisted }) => persisted && location.reload()); // the call in it has ended
if (devices.chosen.speaker) voices.output(devices.chosen.speaker);
lobby.show(true);
watchRooms();
devices.open('mic', 'camera');
