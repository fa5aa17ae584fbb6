// Runs in the page before its scripts: keeps its connections, and looks at what
// they carry without help from the page. Self-contained: the function's text is
// what the browser gets.
/* global window, WebSocket, RTCPeerConnection */
export function probe() {
  const connections = [];
  const sockets = [];
  let online = true;

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      connections.push(this);
    }
  };
  window.WebSocket = class extends WebSocket {
    constructor(url, ...args) {
      super(online ? url : 'ws://127.0.0.1:9/', ...args); // nobody listens there
      sockets.push(this);
    }
  };

  const newest = (entries) => entries.reduce((best, it) => (!best || it.timestamp > best.timestamp ? it : best), null);

  // What the newest connection sends and receives: [{out, kind, rid, mid, csrc, age, packets, frames, energy, width, height}];
  // csrc is that of the latest packet, age is how many ms ago that was.
  async function streams() {
    const connection = connections.at(-1);
    if (!connection) return [];
    const found = [];
    for (const { receiver, sender, mid } of connection.getTransceivers()) {
      const stats = [...(await receiver.getStats()).values()].filter(({ type }) => type === 'inbound-rtp');
      const heard = newest(receiver.getContributingSources());
      for (const it of stats) {
        found.push({
          out: false, kind: it.kind, mid, csrc: heard?.source ?? null,
          age: heard ? performance.timeOrigin + performance.now() - heard.timestamp : null,
          packets: it.packetsReceived, frames: it.framesDecoded, energy: it.totalAudioEnergy,
          width: it.frameWidth, height: it.frameHeight,
        });
      }
      if (!sender.track) continue;
      for (const it of (await sender.getStats()).values()) {
        if (it.type !== 'outbound-rtp') continue;
        found.push({ out: true, kind: it.kind, mid, rid: it.rid, packets: it.packetsSent, frames: it.framesEncoded });
      }
    }
    return found;
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

  window.probe = { connections, streams, cipher, setOnline };
}
