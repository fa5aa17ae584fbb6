import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capacity, grid, LANDSCAPE, PORTRAIT, spotlight, WIDE } from '../../web/grid.js';

const AREAS = [[1280, 600], [1920, 1080], [344, 600], [360, 740], [700, 250], [2560, 300], [100, 100]];

function check(boxes, width, height) {
  for (const box of boxes) {
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width + 1 && box.y + box.height <= height + 1,
      `${JSON.stringify(box)} in ${width} x ${height}`);
  }
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
    const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
    if (!apart) assert.fail(`${JSON.stringify(a)} over ${JSON.stringify(b)}`);
  }));
}

test('columns and rows', () => {
  const rows = [
    // width, height, count, narrow, columns, rows
    [1280, 600, 1, LANDSCAPE, 1, 1],
    [1280, 600, 2, LANDSCAPE, 2, 1],
    [1280, 600, 3, LANDSCAPE, 2, 2],
    [1280, 600, 4, LANDSCAPE, 2, 2],
    [1280, 600, 9, LANDSCAPE, 3, 3],
    [1280, 600, 10, LANDSCAPE, 4, 3],
    [344, 600, 2, PORTRAIT, 1, 2],
    [344, 600, 4, PORTRAIT, 2, 2],
    [344, 600, 9, PORTRAIT, 2, 5],
    [1000, 100, 5, LANDSCAPE, 5, 1],
  ];
  for (const [width, height, count, narrow, columns, lines] of rows) {
    const made = grid({ width, height, count, narrow });
    assert.deepEqual([made.columns, made.rows], [columns, lines], `${width} x ${height}, ${count} tiles`);
  }
});

test('no tile leaves the area, covers another or has a shape out of bounds', () => {
  for (const [width, height] of AREAS) {
    for (let count = 1; count <= 50; count++) {
      for (const narrow of [LANDSCAPE, PORTRAIT]) {
        const { boxes } = grid({ width, height, count, narrow, gap: 4 });
        if (!boxes.length) continue; // no room for that many
        assert.equal(boxes.length, count);
        check(boxes, width, height);
        const [{ width: w, height: h }] = boxes;
        assert.ok(h < 12 || (w / h < WIDE * 1.1 && w / h > narrow * 0.9), `${w} x ${h}`);
      }
    }
  }
});

test('an area without size holds nothing', () => {
  assert.deepEqual(grid({ width: 0, height: 0, count: 3 }).boxes, []);
  assert.deepEqual(grid({ width: 500, height: 500, count: 0 }).boxes, []);
});

test('capacity: the most tiles that are wide enough, and always one', () => {
  const area = { width: 360, height: 600, narrow: PORTRAIT };
  for (const least of [80, 130, 170, 400]) {
    const count = capacity({ ...area, least, most: 30 });
    const width = (n) => grid({ ...area, count: n }).boxes[0].width;
    if (count > 1) assert.ok(width(count) >= least);
    if (count < 30 && least !== 400) assert.ok(width(count + 1) < least);
  }
  assert.equal(capacity({ ...area, least: 400, most: 30 }), 1);
  assert.equal(capacity({ ...area, least: 10, most: 4 }), 4);
});

test('spotlight: the large box takes more than any other, and nothing overlaps', () => {
  for (const [width, height] of AREAS.filter(([w, h]) => w >= 300 && h >= 250)) {
    for (let count = 0; count <= 20; count++) {
      const { main, boxes } = spotlight({ width, height, count });
      check([main, ...boxes], width, height);
      assert.ok(boxes.length <= count && (count === 0 || boxes.length >= 1));
      for (const box of boxes) assert.ok(main.width * main.height > box.width * box.height, `${width} x ${height}, ${count}`);
    }
  }
});

test('spotlight alone fills the area', () => {
  assert.deepEqual(spotlight({ width: 640, height: 400, count: 0 }).main, { x: 0, y: 0, width: 640, height: 400 });
});
