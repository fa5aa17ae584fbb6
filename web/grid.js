/** Where tiles go in a box: pure geometry. All lengths in CSS pixels. */

/** Widest and narrowest picture that a tile may be; what does not fit is cropped at its sides. */
export const WIDE = 16 / 9;
export const LANDSCAPE = 4 / 3;
export const PORTRAIT = 3 / 4;

function cell({ width, height, columns, rows, gap, narrow }) {
  let w = (width - gap * (columns - 1)) / columns;
  let h = (height - gap * (rows - 1)) / rows;
  if (w / h > WIDE) w = h * WIDE;
  else if (w / h < narrow) h = w / narrow;
  return { width: Math.max(0, Math.floor(w)), height: Math.max(0, Math.floor(h)) };
}

/**
 * The arrangement of `count` equal tiles that makes them largest: `{columns, rows, boxes}`, boxes
 * `{x, y, width, height}` centred in the area, the last row as well.
 */
export function grid({ width, height, count, gap = 8, narrow = LANDSCAPE }) {
  let best = { columns: 0, rows: 0, tile: { width: 0, height: 0 } };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const tile = cell({ width, height, columns, rows, gap, narrow });
    if (tile.width * tile.height > best.tile.width * best.tile.height) best = { columns, rows, tile };
  }
  const { columns, rows, tile } = best;
  const top = (height - rows * tile.height - (rows - 1) * gap) / 2;
  const boxes = Array.from({ length: columns ? count : 0 }, (_, i) => {
    const row = Math.floor(i / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = (width - inRow * tile.width - (inRow - 1) * gap) / 2;
    return {
      x: Math.round(left + (i % columns) * (tile.width + gap)),
      y: Math.round(top + row * (tile.height + gap)),
      ...tile,
    };
  });
  return { columns, rows, boxes };
}

/** How many tiles, `most` at the most and one at the least, can be shown without any being narrower than `least`. */
export function capacity({ width, height, gap = 8, narrow = LANDSCAPE, least, most }) {
  for (let count = most; count > 1; count--) {
    if (grid({ width, height, count, gap, narrow }).boxes[0]?.width >= least) return count;
  }
  return 1;
}

/**
 * One large box and a strip of small ones, beside it or below it: `{main, boxes}`. The strip holds as many of
 * `count` as fit.
 */
export function spotlight({ width, height, count, gap = 8 }) {
  if (count === 0) return { main: { x: 0, y: 0, width, height }, boxes: [] };
  const beside = width > height;
  const short = beside
    ? Math.round(Math.min(280, Math.max(140, width * 0.18)))
    : Math.round(Math.min(150, Math.max(72, height * 0.17)));
  const tile = beside
    ? { width: short, height: Math.round(short / WIDE) }
    : { width: Math.round(short * LANDSCAPE), height: short };
  const along = beside ? tile.height : tile.width;
  const fits = Math.max(1, Math.min(count, Math.floor(((beside ? height : width) + gap) / (along + gap))));
  const start = Math.max(0, Math.round(((beside ? height : width) - fits * (along + gap) + gap) / 2));
  const boxes = Array.from({ length: fits }, (_, i) => {
    const at = start + i * (along + gap);
    return beside ? { x: width - short, y: at, ...tile } : { x: at, y: height - short, ...tile };
  });
  const main = beside
    ? { x: 0, y: 0, width: width - short - gap, height }
    : { x: 0, y: 0, width, height: height - short - gap };
  return { main, boxes };
}
