// What a viewer went through in one slot, from what probe.mjs has recorded there; null where that is nothing.
//   seconds    how long that was
//   kbit       per second, without headers and retransmissions
// of a voice:
//   concealed  seconds of sound that the browser had to make up
// of a picture:
//   frames     decoded
//   frozen     share of the time in which the picture stood still although it should have moved
//   longest    of these freezes, in s: two that end within a quarter of a second count as one
//   heights    of the picture, in order
export function course(samples, mid) {
  const list = samples.flatMap((inbound) => inbound.filter((it) => it.mid === mid));
  if (!list.length) return null;
  const [first, last] = [list[0], list.at(-1)];
  const gain = (field, from = first, to = last) => (to[field] ?? 0) - (from[field] ?? 0);
  const share = (part, whole) => (whole > 0 ? part / whole : 0);
  const seconds = gain('timestamp') / 1000;
  const all = { seconds, kbit: share(gain('bytesReceived') / 125, seconds) };
  if (first.kind === 'audio') {
    return { ...all, concealed: share(gain('concealedSamples'), gain('totalSamplesReceived')) * seconds };
  }
  const still = (from, to) => gain('totalFreezesDuration', from, to) + gain('totalPausesDuration', from, to);
  const moved = list.findLast((it, i) => i === 0 || it.framesDecoded > list[i - 1].framesDecoded);
  const open = gain('timestamp', moved) / 1000; // a freeze that is not over is in no figure
  return {
    ...all,
    frames: gain('framesDecoded'),
    frozen: share(still(first, last) + (open > 1 ? open : 0), seconds),
    longest: Math.max(open, ...list.slice(1).map((it, i) => still(list[i], it))),
    heights: list.map(({ frameHeight }) => frameHeight).filter((height, i, every) => height !== every[i - 1]),
  };
}
