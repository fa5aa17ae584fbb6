/** Errors in words: what happened, and what to do. */

const DEVICE = { mic: 'microphone', camera: 'camera', screen: 'screen', both: 'microphone and camera' };
/** Errors that concern the page and not a device: said once for both. */
const OF_THE_PAGE = ['NotAllowedError', 'SecurityError'];

/** Of getUserMedia and getDisplayMedia. Null where nothing needs to be said. */
export function deviceWords(error, kind) {
  const device = DEVICE[kind];
  switch (error?.name) {
    case undefined:
      return null;
    case 'NotAllowedError':
      if (kind === 'screen') return null; // the user has closed the browser's dialog
      return `The browser may not use the ${device}. Allow it in the site settings, beside the address.`;
    case 'NotFoundError':
    case 'OverconstrainedError':
      return `No ${device} was found.`;
    case 'NotReadableError':
      return `The ${device} is in use by another program, or the system does not give it away.`;
    case 'SecurityError':
      return `To use ${device}, open the page by https:// or on localhost.`;
    case 'AbortError':
      return `The ${device} was unplugged or stopped.`;
    default:
      return `The ${device} could not be opened (${error.name}).`;
  }
}

/** Of both devices, `errors` being {mic, camera}; null where nothing is wrong. */
export function devicesWords({ mic, camera }) {
  if (mic?.name === camera?.name && OF_THE_PAGE.includes(mic?.name)) return deviceWords(mic, 'both');
  return [deviceWords(mic, 'mic'), deviceWords(camera, 'camera')].filter(Boolean).join(' ') || null;
}

/** The words for a key that came from outside. */
const of = (table, key) => (Object.hasOwn(table, key) ? table[key] : null);

const CALL = {
  unauthorized: 'This room needs an invitation: the link lacks its token, or the token has expired.',
  room_full: 'The room is full. Try again when somebody has left.',
  server_full: 'The server takes no more people at the moment. Try again later.',
  no_room: 'There is no such room here. Check the name, or ask for the link again.',
  busy: 'The server has too much to do to let anybody in at the moment. Try again in a few seconds.',
  network: 'The server cannot be reached. Is the network up?',
  closed: 'There is no connection to the server at the moment. It is being tried again.',
  timeout: 'The server does not answer. Try again.',
  rate: 'That was too fast. Try again in a moment.',
  shutting_down: 'The server is being restarted. Try again in a moment.',
  moved: 'The call goes on in another window.',
  no_participant: 'That person has left.',
};

/** Of a PlenumError. */
export function callWords(error) {
  return of(CALL, error.reason) ?? error.message;
}

/** Why someone has gone, to put after the name. */
export function goneWords(reason) {
  return of({ timeout: 'lost the connection', replaced: 'moved to another window' }, reason) ?? 'left';
}

const WHY = {
  'no codec': 'This browser cannot play the video',
  'no layer': 'Waiting for the picture',
  bandwidth: 'Paused: your connection is too slow for it',
  overload: 'Paused: the server has too much to do',
};

/** What a tile says instead of a picture, or '' where the initials say enough. */
export function slotWords(why) {
  return of(WHY, why) ?? '';
}

/** The same in the statistics, where there are no initials. */
export function whyWords(why) {
  return of({ ...WHY, muted: 'Pinned, but sends no picture' }, why) ?? '';
}

/** What keeps a sender from sending more, as getStats() names it; '' for nothing. */
export function limitWords(reason) {
  return of({ bandwidth: 'Held back: the network carries no more', cpu: 'Held back: this computer is busy', other: 'Held back by the browser' }, reason) ?? '';
}

/** Why this browser cannot call at all; see obstacle(). */
export function obstacleWords(obstacle) {
  return obstacle === 'webrtc'
    ? 'This browser has no WebRTC. Use a current Firefox, Chrome, Edge or Safari.'
    : 'Microphone and camera need a secure page: open it by https:// or on localhost. You can join to watch and listen.';
}
