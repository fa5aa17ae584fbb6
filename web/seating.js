/** Who gets a tile, in which order, and what the server is told of it: pure decisions. */

/** Frames a second that are enough for the small pictures beside a large one. */
const FPS_BESIDE = 15;

/** A tile shows one source of one participant; this names it. */
export const tileKey = (participant, source) => `${participant}:${source}`;

/**
 * @param {object} of
 * @param {number} of.self own id
 * @param {Iterable<object>} of.people roster entries
 * @param {Iterable<object>} of.slots video slots: `{id, told}`
 * @param {boolean} of.sharing do we share our own screen?
 * @param {string | null} of.pin key of the tile that the viewer wants large
 * @param {string | null} of.focus key of the tile that is large where neither pin nor screen is
 * @param {number} of.places how many tiles there is room for
 * @returns {{large: string | null, tiles: {participant, source}[], more: number}} `large`: the tile to show
 *   large, among `tiles`; `more`: how many people have no tile
 */
export function seat({ self, people, slots, sharing, pin, focus = null, places }) {
  const told = [...slots].map((slot) => slot.told).filter(({ track }) => track !== null);
  const pictures = new Set(told.map((it) => tileKey(it.participant, it.source)));
  const wanted = [
    ...told.filter((it) => it.source === 'screen').map(({ participant }) => ({ participant, source: 'screen' })),
    ...(sharing ? [{ participant: self, source: 'screen' }] : []),
    ...[...people, ...told.filter((it) => it.source === 'camera')].map(({ participant }) => ({ participant, source: 'camera' })),
  ].filter(({ participant, source }, i, all) => i === all.findIndex((it) => it.participant === participant && it.source === source));
  if (!wanted.some((it) => it.participant === self && it.source === 'camera')) {
    wanted.push({ participant: self, source: 'camera' });
  }
  const key = ({ participant, source }) => tileKey(participant, source);
  const has = (tile) => wanted.some((it) => key(it) === tile);
  const large = has(pin) ? pin : (screenOf(wanted, self) ?? (has(focus) ? focus : null));
  const rank = (it) => {
    if (key(it) === large) return 0;
    if (it.source === 'screen') return 1;
    if (it.participant === self) return 2;
    return pictures.has(key(it)) ? 3 : 4;
  };
  const chosen = new Set([...wanted].sort((a, b) => rank(a) - rank(b)).slice(0, places).map(key));
  const tiles = wanted.filter((it) => chosen.has(key(it))).sort((a, b) => order(a, self) - order(b, self));
  const cameras = (list) => list.filter((it) => it.source === 'camera').length;
  return { large, tiles, more: cameras(wanted) - cameras(tiles) };
}

/** Another's screen is shown large unless something is pinned; our own would be a hall of mirrors. */
function screenOf(wanted, self) {
  const screen = wanted.find((it) => it.source === 'screen' && it.participant !== self);
  return screen ? tileKey(screen.participant, 'screen') : null;
}

/** Screens first, then in the order of joining, ourselves last: nobody moves when someone comes. */
function order({ participant, source }, self) {
  if (source === 'screen') return -1;
  return participant === self ? Infinity : participant;
}

/**
 * What `view` tells of the video slots. A slot whose tile is on the page has its size; of the others as many
 * stay open as the page has places left, the rest is hidden, so that nothing is sent for them.
 * @param {object} of
 * @param {object[]} of.slots video slots: `{id, told}`, in order
 * @param {Map<string, {width, height}>} of.sizes tile key -> device pixels
 * @param {{width, height}} of.usual size of a tile that is yet to come
 * @param {number} of.places for pictures of others
 * @param {{participant, source} | null} of.pin what the viewer wants large
 * @param {string | null} of.large key of the tile that is large, if one is: of the others fewer frames will do
 * @param {boolean} of.away nobody looks at the page
 */
export function view({ slots, sizes, usual, places, pin, large = null, away }) {
  if (away) return slots.map(({ id }) => ({ slot: id, hidden: true }));
  const pinned = pin && (slots.find(({ told }) => shows(told, pin)) ?? spare(slots));
  const sizeOf = ({ told }) => (told.track === null ? undefined : sizes.get(tileKey(told.participant, told.source)));
  let open = places - slots.filter((slot) => slot === pinned || sizeOf(slot)).length;
  return slots.map((slot) => {
    if (slot === pinned) {
      const size = sizes.get(tileKey(pin.participant, pin.source)) ?? usual;
      return { slot: slot.id, ...size, pin: pin.participant, source: pin.source };
    }
    const size = sizeOf(slot);
    const frames = large !== null && tileKey(slot.told.participant, slot.told.source) !== large ? { fps: FPS_BESIDE } : {};
    if (size) return { slot: slot.id, ...size, ...frames };
    if (slot.told.track === null && open-- > 0) return { slot: slot.id, ...usual, ...frames };
    return { slot: slot.id, hidden: true };
  });
}

const shows = (told, { participant, source }) => told.participant === participant && told.source === source;

/** The slot that is missed least: an empty one, else the last that shows no screen. */
function spare(slots) {
  return (
    slots.find(({ told }) => told.track === null) ?? slots.findLast(({ told }) => told.source !== 'screen') ?? slots.at(-1)
  );
}
