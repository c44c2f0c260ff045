// Copies the coded data of a sequential scan, without the bytes that some writers leave before its markers.
import { type CodedBlocks, walkUnits } from './huffman.ts';
import { type Frame, findMarker, isRestart, MARKER, type Scan, type Tables } from './segments.ts';

const BLOCK = 8;
const RESTART_NUMBERS = 8;
/** More before a restart marker is no padding, but data that was taken wrongly. */
const MAX_STRAY_BYTES = 64;

export interface CopiedScan {
  /** Coded data and restart markers. */
  pieces: Uint8Array[];
  /** Offset after them. */
  end: number;
  /** Of the picture, from the top, for which the scan has all data. */
  wholeRows: number;
}

/** @returns `undefined` when the data makes no sense, which no copying can mend */
export function copyScan(options: {
  bytes: Uint8Array;
  /** Where the data begins. */
  start: number;
  frame: Frame;
  scan: Scan;
  tables: Tables;
  /** Units between restart markers; 0 when there are none. */
  interval: number;
}): CopiedScan | undefined {
  const { bytes, start, frame, interval } = options;
  const layout = layOut(options);
  if (layout === undefined) return undefined;
  const { unit, perRow, unitRows, rowHeight } = layout;
  const total = perRow * unitRows;
  const pieces: Uint8Array[] = [];
  let [done, end] = [0, start];
  for (let restarts = 0; ; restarts += 1) {
    const most = Math.min(interval || total, total - done);
    const walked = walkUnits({ bytes, start: end, unit, most });
    if (walked.nonsense) return undefined;
    pieces.push(bytes.subarray(end, walked.end));
    done += walked.units;
    end = walked.end;
    if (done === total) break;
    const next = findMarker(bytes, end);
    const marker = bytes[next + 1] ?? MARKER.EOI;
    if (!isRestart(marker)) break;
    const expected = MARKER.RST0 + (restarts % RESTART_NUMBERS);
    if (walked.units < most || marker !== expected || next - end > MAX_STRAY_BYTES) {
      return undefined;
    }
    pieces.push(bytes.subarray(next, next + 2));
    end = next + 2;
  }
  const wholeRows = Math.min(frame.height, Math.floor(done / perRow) * rowHeight);
  return { pieces, end, wholeRows };
}

interface Layout {
  unit: CodedBlocks[];
  perRow: number;
  unitRows: number;
  /** Rows of the picture that a row of units covers. */
  rowHeight: number;
}

/** A scan of one component is coded block by block, of several in units (MCUs) of them all. */
function layOut(options: { frame: Frame; scan: Scan; tables: Tables }): Layout | undefined {
  const { frame, scan, tables } = options;
  const unit: CodedBlocks[] = [];
  const widest = Math.max(...frame.components.map(({ horizontal }) => horizontal));
  const highest = Math.max(...frame.components.map(({ vertical }) => vertical));
  let [across, down] = [1, 1];
  for (const { id, ...numbers } of scan.components) {
    const component = frame.components.find((known) => known.id === id);
    const [dc, ac] = [tables.dc.get(numbers.dc), tables.ac.get(numbers.ac)];
    if (component === undefined || dc === undefined || ac === undefined) return undefined;
    const { horizontal, vertical } = component;
    const alone = scan.components.length === 1;
    unit.push({ dc, ac, blocks: alone ? 1 : horizontal * vertical });
    [across, down] = alone ? [horizontal, vertical] : [1, 1];
  }
  const perRow = Math.ceil(Math.ceil((frame.width * across) / widest) / BLOCK);
  const unitRows = Math.ceil(Math.ceil((frame.height * down) / highest) / BLOCK);
  return { unit, perRow, unitRows, rowHeight: (BLOCK * highest) / down };
}
