/** What getStats() holds of interest, with rates since the digest before. A pure function. */

const rate = (now, before, ms) => (before === undefined || ms <= 0 ? null : Math.max(0, now - before) / (ms / 1000));

/** Lost of what was sent since the sample before: 0..1, or null where nothing was. */
function share(lost, packets, old) {
  if (!old) return null;
  const gone = Math.max(0, lost - old.lost);
  const all = gone + packets - old.packets;
  return all > 0 ? gone / all : null;
}

const ms = (seconds) => (seconds === undefined ? null : Math.round(seconds * 1000));
/** Sent once, without what was repeated, be it because it was lost or to find out what the network carries. */
const payload = ({ bytesSent = 0, retransmittedBytesSent = 0 }) => bytesSent - retransmittedBytesSent;
const codecOf = (stats, { codecId }) => stats.get(codecId)?.mimeType.split('/')[1] ?? null;

function sending(it, stats, { mids }, old, span) {
  const remote = stats.get(it.remoteId);
  return {
    source: mids.get(it.mid) ?? null,
    rid: it.rid ?? null,
    kind: it.kind,
    active: it.active ?? true,
    codec: codecOf(stats, it),
    width: it.frameWidth ?? null,
    height: it.frameHeight ?? null,
    fps: it.framesPerSecond ?? null,
    bitrate: bits(payload(it), old?.bytes, span),
    lost: remote?.fractionLost ?? null,
    rtt: ms(remote?.roundTripTime),
    jitter: ms(remote?.jitter),
    limited: it.qualityLimitationReason ?? null,
    nacks: it.nackCount ?? 0,
    plis: it.pliCount ?? 0,
  };
}

function receiving(it, stats, { slots, tracks }, old, span) {
  return {
    slot: slots.get(it.mid) ?? slots.get(tracks.get(it.trackIdentifier)) ?? null,
    kind: it.kind,
    codec: codecOf(stats, it),
    width: it.frameWidth ?? null,
    height: it.frameHeight ?? null,
    fps: it.framesPerSecond ?? null,
    frames: it.framesDecoded ?? null,
    bitrate: bits(it.bytesReceived, old?.bytes, span),
    lost: share(it.packetsLost ?? 0, it.packetsReceived ?? 0, old),
    jitter: ms(it.jitter),
    freezes: it.freezeCount ?? null,
    dropped: it.framesDropped ?? null,
    nacks: it.nackCount ?? 0,
    plis: it.pliCount ?? 0,
    energy: it.totalAudioEnergy ?? null,
  };
}

function bits(bytes = 0, old, span) {
  const perSecond = rate(bytes, old, span);
  return perSecond === null ? null : Math.round(perSecond * 8);
}

/** The counters that the next digest needs. */
function counters(report) {
  const kept = new Map();
  for (const it of report) {
    if (it.type === 'inbound-rtp') {
      kept.set(it.id, { bytes: it.bytesReceived ?? 0, packets: it.packetsReceived ?? 0, lost: it.packetsLost ?? 0 });
    } else if (it.type === 'outbound-rtp') {
      kept.set(it.id, { bytes: payload(it) });
    } else if (it.type === 'candidate-pair') {
      kept.set(it.id, { sent: it.bytesSent ?? 0, received: it.bytesReceived ?? 0 });
    }
  }
  return kept;
}

function path(report, old, span) {
  const transport = report.find((it) => it.type === 'transport');
  const pairs = report.filter((it) => it.type === 'candidate-pair');
  const pair = pairs.find((it) => it.id === transport?.selectedCandidatePairId) ?? pairs.find((it) => it.nominated);
  if (!pair) return { up: null, down: null, rtt: null, available: null };
  const before = old?.get(pair.id);
  return {
    up: bits(pair.bytesSent, before?.sent, span),
    down: bits(pair.bytesReceived, before?.received, span),
    rtt: ms(pair.currentRoundTripTime),
    available: pair.availableOutgoingBitrate ?? null,
  };
}

/**
 * @param {object[]} report the values of an RTCStatsReport
 * @param {{mids: Map, tracks: Map, slots: Map, rids: Map}} names mid -> source, receiver's track id -> mid, mid -> slot
 *   id, source -> rids; of a source that has rids no others are told of
 * @param {object | null} last the digest before; rates are null without
 * @returns {{at, up, down, rtt, available, sending: object[], receiving: object[], counters: Map}} bit rates in
 *   bits per second, times in ms, `lost` as a share 0..1; null where the browser does not tell
 */
export function digest(report, names, last) {
  const stats = new Map(report.map((it) => [it.id, it]));
  const at = Math.max(0, ...report.map((it) => it.timestamp));
  const sources = [...names.mids.values()];
  const span = last ? at - last.at : 0;
  const of = (type, make) =>
    report.filter((it) => it.type === type).map((it) => make(it, stats, names, last?.counters.get(it.id), span));
  return {
    at,
    ...path(report, last?.counters, span),
    sending: of('outbound-rtp', sending)
      .filter(({ source, rid }) => names.rids?.get(source)?.includes(rid) ?? true)
      .sort((a, b) => sources.indexOf(a.source) - sources.indexOf(b.source) || a.width - b.width),
    receiving: of('inbound-rtp', receiving).sort((a, b) => a.slot - b.slot),
    counters: counters(report),
  };
}
