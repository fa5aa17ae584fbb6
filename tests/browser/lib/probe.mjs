// Runs in the page before its scripts: keeps its connections, and looks at what
// they carry without help from the page. Self-contained: the function's text is
// what the browser gets. lacks: names of codecs that this browser is to be
// without; camera: { width, height } that it gives, whatever it is asked for;
// watched: frames() is wanted; quiet: the microphone gives silence until
// speak(true), where the browser's fake one beeps all the time.
/* global window, navigator, AudioContext, Blob, MediaStream, URL, Worker, WebSocket, RTCPeerConnection, RTCRtpReceiver, RTCRtpScriptTransform */
export function probe({ lacks = [], camera = null, watched = false, quiet = false } = {}) {
  const connections = [];
  const sockets = [];
  let online = true;

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      connections.push(this);
    }

    addTransceiver(kind, init) {
      const transceiver = super.addTransceiver(kind, init);
      if (watched && init.direction === 'recvonly') noteFrames(transceiver);
      return transceiver;
    }
  };
  window.WebSocket = class extends WebSocket {
    constructor(url, ...args) {
      super(online ? url : 'ws://127.0.0.1:9/', ...args); // nobody listens there
      sockets.push(this);
    }
  };

  const { getCapabilities } = RTCRtpReceiver;
  RTCRtpReceiver.getCapabilities = (kind) => {
    const { codecs, ...others } = getCapabilities.call(RTCRtpReceiver, kind);
    const known = ({ mimeType }) => !lacks.some((name) => mimeType.toLowerCase() === `${kind}/${name.toLowerCase()}`);
    return { codecs: codecs.filter(known), ...others };
  };
  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices?.getUserMedia.bind(mediaDevices);
  if (camera || quiet) {
    mediaDevices.getUserMedia = async ({ audio, video }) => {
      const devices = {
        audio: audio && !quiet,
        video: video && { ...video, ...camera },
      };
      const tracks = devices.audio || devices.video ? (await getUserMedia(devices)).getTracks() : [];
      return new MediaStream([...tracks, ...(audio && quiet ? [voice()] : [])]);
    };
  }

  // Someone who speaks three syllables a second: a steady tone would be taken for the noise of the room.
  let loudness = null;
  function voice() {
    const context = new AudioContext();
    const [tone, syllables] = [context.createOscillator(), context.createOscillator()];
    const [voiced, depth] = [context.createGain(), context.createGain()];
    const destination = context.createMediaStreamDestination();
    loudness = context.createGain();
    tone.frequency.value = 440;
    syllables.frequency.value = 3;
    voiced.gain.value = depth.gain.value = 0.25;
    loudness.gain.value = 0;
    syllables.connect(depth).connect(voiced.gain);
    tone.connect(voiced).connect(loudness).connect(destination);
    for (const it of [tone, syllables]) it.start();
    return destination.stream.getAudioTracks()[0];
  }
  const speak = (on) => (loudness.gain.value = on ? 1 : 0);

  // The browser lets a worker look at frames between depacketiser and decoder.
  const watchedFrames = new Map(); // transceiver -> [{ number, type, size }]
  function noteFrames(transceiver) {
    const program = `onrtctransform = ({ transformer: { readable, writable } }) =>
      readable.pipeThrough(new TransformStream({
        transform(frame, out) {
          const { frameId: number, mimeType: type } = frame.getMetadata();
          postMessage({ number, type, size: frame.data.byteLength });
          out.enqueue(frame);
        },
      })).pipeTo(writable);`;
    const worker = new Worker(URL.createObjectURL(new Blob([program])));
    const list = [];
    worker.onmessage = ({ data }) => list.push(data);
    watchedFrames.set(transceiver, list);
    transceiver.receiver.transform = new RTCRtpScriptTransform(worker);
  }
  // Of that slot so far. number: by the dependency descriptor, unwrapped.
  const frames = (mid) => [...watchedFrames].find(([transceiver]) => transceiver.mid === mid)[1];

  const newest = (entries) => entries.reduce((best, it) => (!best || it.timestamp > best.timestamp ? it : best), null);

  // 'VP8' of 'video/VP8'; null before the first packet.
  const codecOf = (stats, { codecId }) => stats.find(({ id }) => id === codecId)?.mimeType.split('/')[1] ?? null;

  // What the newest connection sends and receives: [{out, kind, codec, rid, mid, csrc, age, packets, frames, keys, energy,
  // width, height}]; csrc is that of the latest packet, age is how many ms ago that was.
  async function streams() {
    const connection = connections.at(-1);
    if (!connection) return [];
    const found = [];
    const stats = [...(await connection.getStats()).values()];
    for (const { receiver, sender, mid } of connection.getTransceivers()) {
      const of = (type) => stats.filter((it) => it.type === type && it.mid === mid);
      const heard = newest(receiver.getContributingSources());
      for (const it of of('inbound-rtp')) {
        found.push({
          out: false, kind: it.kind, codec: codecOf(stats, it), mid, csrc: heard?.source ?? null,
          age: heard ? performance.timeOrigin + performance.now() - heard.timestamp : null,
          packets: it.packetsReceived, bytes: it.bytesReceived, frames: it.framesDecoded, keys: it.keyFramesDecoded, energy: it.totalAudioEnergy,
          width: it.frameWidth, height: it.frameHeight,
        });
      }
      if (!sender.track) continue;
      for (const it of of('outbound-rtp')) {
        found.push({
          out: true, kind: it.kind, codec: codecOf(stats, it), mid, rid: it.rid,
          packets: it.packetsSent, bytes: it.bytesSent, frames: it.framesEncoded, width: it.frameWidth, height: it.frameHeight,
        });
      }
    }
    return found;
  }

  // From now on, four times a second: what has arrived by then in the slots in which anything has. What each field is, and
  // its unit: inbound-rtp in W3C's Identifiers for WebRTC's Statistics API. Ends what was recorded before.
  let recording = null;
  async function record() {
    clearInterval(recording?.timer);
    const samples = [];
    async function sample() {
      const stats = [...(await connections.at(-1).getStats()).values()];
      samples.push(stats.filter(({ type, packetsReceived }) => type === 'inbound-rtp' && packetsReceived));
    }
    await sample();
    recording = { samples, timer: setInterval(sample, 250) };
  }
  const recorded = () => recording.samples;

  // The pair of candidates over which media goes now, { local, remote } as 'address port', or null.
  async function path() {
    const stats = new Map([...(await connections.at(-1).getStats())]);
    const transport = [...stats.values()].find(({ type }) => type === 'transport');
    const pair = stats.get(transport?.selectedCandidatePairId);
    const at = ({ address, port }) => `${address} ${port}`;
    return pair ? { local: at(stats.get(pair.localCandidateId)), remote: at(stats.get(pair.remoteCandidateId)) } : null;
  }

  // Those of the server, as it has told them: ['address port'].
  function candidates() {
    const lines = connections.at(-1).remoteDescription.sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+ \d+) typ host/gm);
    return [...lines].map(([, at]) => at);
  }

  // The SRTP cipher of the connection.
  async function cipher() {
    for (const it of (await connections.at(-1).getStats()).values()) if (it.srtpCipher) return it.srtpCipher;
    return null;
  }

  // Take the network from the room protocol, or give it back. Media has its own.
  function setOnline(on) {
    online = on;
    if (!on) for (const socket of sockets) socket.close();
  }

  window.probe = { connections, streams, cipher, path, candidates, frames, setOnline, speak, record, recorded };
}
