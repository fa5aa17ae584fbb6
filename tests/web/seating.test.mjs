import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seat, tileKey, view } from '../../web/seating.js';

const NOBODY = { track: null, participant: null, name: null, source: null };
const slot = (id, participant, source = 'camera') =>
  ({ id, told: participant === null ? NOBODY : { track: 100 + id, participant, name: `P${participant}`, source } });
const people = (...ids) => ids.map((participant) => ({ participant, name: `P${participant}`, tracks: [] }));
const keys = (tiles) => tiles.map((it) => tileKey(it.participant, it.source));
const base = { self: 9, slots: [], sharing: false, pin: null, places: 20 };

test('seats', () => {
  const rows = [
    ['alone', { people: people(9) }, null, ['9:camera'], 0],
    ['oneself is last', { people: people(9, 3, 12) }, null, ['3:camera', '12:camera', '9:camera'], 0],
    ['oneself has a seat though not in the roster', { people: people(3) }, null, ['3:camera', '9:camera'], 0],
    ['a screen is large, and first', { people: people(3, 9), slots: [slot(1, 3, 'screen'), slot(2, 3)] },
      '3:screen', ['3:screen', '3:camera', '9:camera'], 0],
    ['our own screen is not large', { people: people(3, 9), sharing: true }, null, ['9:screen', '3:camera', '9:camera'], 0],
    ['what is pinned goes before a screen', { people: people(3, 4, 9), slots: [slot(1, 3, 'screen')], pin: '4:camera' },
      '4:camera', ['3:screen', '3:camera', '4:camera', '9:camera'], 0],
    ['who speaks is large', { people: people(3, 4, 9), focus: '4:camera' }, '4:camera', ['3:camera', '4:camera', '9:camera'], 0],
    ['and has a place in any case', { people: people(3, 4, 9), focus: '4:camera', places: 1 }, '4:camera', ['4:camera'], 2],
    ['but a screen goes before who speaks', { people: people(3, 4, 9), slots: [slot(1, 3, 'screen')], focus: '4:camera' },
      '3:screen', ['3:screen', '3:camera', '4:camera', '9:camera'], 0],
    ['and so does what is pinned', { people: people(3, 4, 9), pin: '3:camera', focus: '4:camera' },
      '3:camera', ['3:camera', '4:camera', '9:camera'], 0],
    ['who is shown has a seat though not in the roster', { people: people(3, 9), slots: [slot(1, 70)], focus: '70:camera' },
      '70:camera', ['3:camera', '70:camera', '9:camera'], 0],
    ['a pin on somebody who has left is none', { people: people(3, 9), pin: '4:camera' }, null, ['3:camera', '9:camera'], 0],
    ['those with pictures go before those without', { people: people(1, 2, 3, 4, 9), slots: [slot(1, 4), slot(2, 3)], places: 3 },
      null, ['3:camera', '4:camera', '9:camera'], 2],
    ['what is pinned has a place in any case', { people: people(1, 2, 3, 9), slots: [slot(1, 1)], pin: '3:camera', places: 1 },
      '3:camera', ['3:camera'], 3],
  ];
  for (const [name, of, large, tiles, more] of rows) {
    const seats = seat({ ...base, ...of });
    assert.deepEqual([seats.large, keys(seats.tiles), seats.more], [large, tiles, more], name);
  }
});

const small = { width: 320, height: 180 };
const usual = { width: 200, height: 100 };
const sized = (...entries) => new Map(entries.map((key) => [key, small]));

test('views', () => {
  const rows = [
    ['what has a tile has its size, the empty ones what is usual',
      { slots: [slot(1, 3), slot(2, null)], sizes: sized('3:camera'), places: 4 },
      [{ slot: 1, ...small }, { slot: 2, ...usual }]],
    ['no more slots stay open than there is place for',
      { slots: [slot(1, 3), slot(2, null), slot(3, null)], sizes: sized('3:camera'), places: 2 },
      [{ slot: 1, ...small }, { slot: 2, ...usual }, { slot: 3, hidden: true }]],
    ['who has no tile is hidden',
      { slots: [slot(1, 3), slot(2, 4)], sizes: sized('4:camera'), places: 1 },
      [{ slot: 1, hidden: true }, { slot: 2, ...small }]],
    ['a pinned one that is shown keeps its slot',
      { slots: [slot(1, 3), slot(2, 4)], sizes: sized('3:camera', '4:camera'), places: 4, pin: { participant: 4, source: 'camera' } },
      [{ slot: 1, ...small }, { slot: 2, ...small, pin: 4, source: 'camera' }]],
    ['a pinned one that is not shown gets an empty slot',
      { slots: [slot(1, 3), slot(2, null)], sizes: sized('3:camera'), places: 4, pin: { participant: 5, source: 'camera' } },
      [{ slot: 1, ...small }, { slot: 2, ...usual, pin: 5, source: 'camera' }]],
    ['or the last one without a screen',
      { slots: [slot(1, 3), slot(2, 4), slot(3, 4, 'screen')], sizes: sized('3:camera', '4:camera', '4:screen'), places: 4,
        pin: { participant: 5, source: 'camera' } },
      [{ slot: 1, ...small }, { slot: 2, ...usual, pin: 5, source: 'camera' }, { slot: 3, ...small }]],
    ['beside a large one the others need fewer frames',
      { slots: [slot(1, 3), slot(2, 4), slot(3, null)], sizes: sized('3:camera', '4:camera'), places: 4, large: '4:camera' },
      [{ slot: 1, ...small, fps: 15 }, { slot: 2, ...small }, { slot: 3, ...usual, fps: 15 }]],
    ['a shared screen does not',
      { slots: [slot(1, 3, 'screen'), slot(2, 3)], sizes: sized('3:camera', '3:screen'), places: 4, large: '3:screen' },
      [{ slot: 1, ...small }, { slot: 2, ...small, fps: 15 }]],
    ['nor what is pinned',
      { slots: [slot(1, 3), slot(2, 4)], sizes: sized('3:camera', '4:camera'), places: 4, large: '3:camera',
        pin: { participant: 3, source: 'camera' } },
      [{ slot: 1, ...small, pin: 3, source: 'camera' }, { slot: 2, ...small, fps: 15 }]],
    ['nothing is sent to a page that nobody sees',
      { slots: [slot(1, 3), slot(2, null)], sizes: sized('3:camera'), places: 4, away: true },
      [{ slot: 1, hidden: true }, { slot: 2, hidden: true }]],
  ];
  for (const [name, of, expected] of rows) {
    assert.deepEqual(view({ usual, pin: null, away: false, ...of }), expected, name);
  }
});
