/** The one PeerConnection: what this side sends, what it receives, and whether the path is alive. */

import { Encodings, encodingsFor } from './encodings.js';

/** What one participant can send; the order is that of the m-lines. */
export const SOURCES = Object.freeze({
  mic: 'audio',
  camera: 'video',
  screen: 'video',
  screen_audio: 'audio',
});

/** Lowest first, as the server expects. The mode is what browsers choose by themselves, but for VP9: there Chromium
 * would make one stream of the lowest layer's size. */
const RIDS = ['q', 'h', 'f'];
const CAMERA_LAYERS = encodingsFor().map((it, i) => ({ rid: RIDS[i], scalabilityMode: 'L1T3', ...it }));

const ENCODINGS = {
  mic: [{ maxBitrate: 40_000, priority: 'high', networkPriority: 'high' }],
  camera: CAMERA_LAYERS,
  screen: [{ maxBitrate: 2_500_000 }],
  screen_audio: [{ maxBitrate: 96_000 }],
};

const CODECS = {
  audio: ['audio/opus', 'audio/red'],
  video: ['video/vp8', 'video/vp9', 'video/h264', 'video/av1', 'video/rtx'],
};

/** ICE may recover by itself from `disconnected`; this long it is given. */
const PATIENCE = 2500;

/** One of each variant that the server forwards; the offer of 49 slots would be huge otherwise. */
function wanted({ mimeType, sdpFmtpLine = '' }, kind) {
  const type = mimeType.toLowerCase();
  if (!CODECS[kind].includes(type)) return false;
  if (type === 'video/h264') return /packetization-mode=1/.test(sdpFmtpLine) && /profile-level-id=42e0/i.test(sdpFmtpLine);
  if (type === 'video/vp9') return !/profile-id=[1-9]/.test(sdpFmtpLine);
  if (type === 'video/av1') return !/profile=[1-9]/.test(sdpFmtpLine);
  return true;
}

function trim(transceiver, kind) {
  if (!transceiver.setCodecPreferences || !RTCRtpReceiver.getCapabilities) return; // the offer is larger, that is all
  const codecs = RTCRtpReceiver.getCapabilities(kind).codecs.filter((codec) => wanted(codec, kind));
  if (codecs.length) transceiver.setCodecPreferences(codecs);
}

/** Everything that a client does with WebRTC; knows nothing of the protocol but what offer and answer hold. */
export class Peer {
  #senders = new Map(); // source -> transceiver
  #encodings = new Map(); // source -> Encodings
  #receivers = []; // recvonly transceivers in m-line order
  #timer = null;

  /**
   * @param {object} options
   * @param {RTCIceServer[]} options.iceServers
   * @param {number} options.audio receive slots for voices
   * @param {number} options.video receive slots for pictures
   * @param {(how: 'up' | 'ice' | 'dead') => void} options.onpath the media path works; wants an ICE restart;
   *   is beyond repair
   */
  constructor({ iceServers, audio, video, onpath }) {
    const pc = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
    this.pc = pc;
    this.onpath = onpath;
    const streams = { mic: new MediaStream(), screen: new MediaStream() };
    for (const [source, kind] of Object.entries(SOURCES)) {
      const stream = source.startsWith('screen') ? streams.screen : streams.mic;
      const transceiver = pc.addTransceiver(kind, {
        direction: 'sendonly',
        streams: [stream],
        sendEncodings: ENCODINGS[source],
      });
      trim(transceiver, kind);
      this.#senders.set(source, transceiver);
      this.#encodings.set(source, new Encodings(transceiver.sender));
    }
    for (const kind of [...Array(audio).fill('audio'), ...Array(video).fill('video')]) {
      const transceiver = pc.addTransceiver(kind, { direction: 'recvonly' });
      trim(transceiver, kind);
      this.#receivers.push(transceiver);
    }
    pc.oniceconnectionstatechange = () => this.#watch();
    pc.onconnectionstatechange = () => this.#watch();
  }

  /** Send `track` as this source, or nothing. Takes effect without negotiation. */
  async send(source, track) {
    const { sender } = this.#senders.get(source);
    if (sender.track === track) return;
    await sender.replaceTrack(track);
    if (track && source === 'camera') await this.#encodings.get(source).fit(track);
  }

  /** Send only these encodings of a source, see Encodings. */
  want(source, layers) {
    return this.#encodings.get(source).want(layers);
  }

  /** A local description, set: `{sdp, mids}`, where mids maps each source to its mid. */
  async offer(restart) {
    const offer = await this.pc.createOffer({ iceRestart: restart });
    await this.pc.setLocalDescription(offer);
    const mids = Object.fromEntries([...this.#senders].map(([source, { mid }]) => [source, mid]));
    return { sdp: this.pc.localDescription.sdp, mids };
  }

  /** The server's answer to it. */
  async answer(sdp) {
    await this.pc.setRemoteDescription({ type: 'answer', sdp });
    await Promise.all([...this.#encodings.values()].map((it) => it.renew()));
  }

  /** Who receives the m-line `mid`, or undefined. */
  receiver(mid) {
    return this.#receivers.find((it) => it.mid === mid)?.receiver;
  }

  /** Does media pass, as far as the browser can tell? */
  get works() {
    return ['connected', 'completed'].includes(this.pc.iceConnectionState) && this.pc.connectionState !== 'failed';
  }

  /** Has it ever looked for a path? Then a new offer has to be for a new one. */
  get started() {
    return this.pc.iceConnectionState !== 'new';
  }

  /** Wait until it works, at most `ms`. */
  async settle(ms) {
    const end = performance.now() + ms;
    while (!this.works && this.pc.signalingState !== 'closed' && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return this.works;
  }

  /** Which source or track a getStats() entry is about: `{mids: mid -> source, tracks: track id -> mid, rids: source ->
   * those that there can be}`. */
  names() {
    const rids = new Map([['camera', RIDS.slice(0, this.#encodings.get('camera').count)]]);
    const mids = new Map([...this.#senders].map(([source, { mid }]) => [mid, source]));
    const tracks = new Map(this.#receivers.map(({ mid, receiver }) => [receiver.track.id, mid]));
    return { mids, tracks, rids };
  }

  close() {
    clearTimeout(this.#timer);
    this.onpath = () => {};
    this.pc.close();
  }

  #watch() {
    clearTimeout(this.#timer);
    const { iceConnectionState: ice, connectionState: state } = this.pc;
    if (this.works) this.onpath('up');
    else if (ice === 'failed') this.onpath('ice');
    else if (state === 'failed') this.onpath('dead');
    else if (ice === 'disconnected') this.#timer = setTimeout(() => this.onpath('ice'), PATIENCE);
  }
}
