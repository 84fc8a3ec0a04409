/** Which rows of a long list are in the page. Rows are all of one height, so it is arithmetic. */

export interface View {
  /** How far it is scrolled, in pixels. */
  top: number;
  /** How much of it is seen, in pixels. */
  height: number;
  /** The height of a row, in pixels. */
  row: number;
  count: number;
}

/** Rows kept ready above and below, for a scroll to meet. */
const AROUND = 8;

/** The first row in the page, and the one behind the last. */
export function windowOf({ top, height, row, count }: View): [number, number] {
  const first = Math.max(0, Math.min(count, Math.floor(top / row)) - AROUND);
  const end = Math.min(count, Math.ceil((Math.max(0, top) + height) / row) + AROUND);
  return [Math.min(first, Math.max(0, end)), Math.max(0, end)];
}

/** Their positions; and the one that has the focus wherever it is, for a row that goes takes the focus with it. */
export function positionsOf(view: View, focused: number): number[] {
  const [first, end] = windowOf(view);
  const positions = Array.from({ length: end - first }, (_, at) => first + at);
  if (focused >= 0 && focused < first) positions.unshift(focused);
  if (focused >= end && focused < view.count) positions.push(focused);
  return positions;
}

/** How far to scroll so that all of a row is seen; as far as now, when it is. */
export function scrolledTo(position: number, { top, height, row }: View): number {
  const above = position * row;
  if (above < top) return above;
  return above + row > top + height ? above + row - height : top;
}
