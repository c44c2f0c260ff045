// Mends JPEG files that browsers show and a strict decoder refuses, where all their pixels are there.
//
// Written anew are: bytes between segments and before markers, the parameters of a sequential scan (some phones
// write wrong ones), an unknown colour transform, and the end of the file. Where rows are missing, it says how many.

import { checkSize, type ImageLimits } from '../../limits.ts';
import { cutOff, damaged, notRead } from '../../refusals.ts';
import { copyScan } from './copy-scan.ts';
import {
  type Frame,
  findMarker,
  isFrame,
  isRestart,
  MARKER,
  readFrame,
  readHuffmanTables,
  readScan,
  type Scan,
  standsAlone,
  type Tables,
} from './segments.ts';

export interface MendedJpeg {
  bytes: Uint8Array;
  /** Data that the decoder finds wrong only refines what is there; it may go on. */
  lenient: boolean;
}

/** No real file has more, and each costs time. */
const MAX_SCANS = 100;
const COEFFICIENTS = 64;
const SAMPLE_BITS = 8;
const SEQUENTIAL: readonly number[] = [MARKER.SOF0, MARKER.SOF1];
/** In Adobe's segment, after its name, version and flags. */
const TRANSFORM_OFFSET = 15;

/** What libjpeg says of the end of a file or a scan; of wrong codes it says otherwise. */
const HARMLESS = /premature end|extraneous bytes/;

const broken = (what: string) => damaged(new Error(`the JPEG ${what}`));

/**
 * @param why the decoder's own words
 * @throws {DomainError} `damaged_image` when it can't be mended, `unsupported_image`, `image_too_large`
 */
export function mendJpeg(bytes: Uint8Array, limits: ImageLimits, why: string): MendedJpeg {
  const pieces: Uint8Array[] = [Uint8Array.of(0xff, MARKER.SOI)];
  const tables: Tables = { dc: new Map(), ac: new Map() };
  let frame: Frame | undefined;
  let adobe: Uint8Array | undefined;
  let interval = 0;
  const scans: CheckedScan[] = [];
  let offset = 2;
  for (;;) {
    offset = findMarker(bytes, offset);
    const marker = bytes[offset + 1] ?? MARKER.EOI;
    const end = standsAlone(marker) ? offset + 2 : segmentEnd(bytes, offset);
    if (marker === MARKER.EOI || end > bytes.length) break;
    const segment = Uint8Array.from(bytes.subarray(offset, end));
    offset = end;
    if (standsAlone(marker)) continue;
    pieces.push(segment);
    if (marker === MARKER.APP14) adobe = segment;
    if (marker === MARKER.DRI) interval = ((segment[4] ?? 0) << 8) | (segment[5] ?? 0);
    if (marker === MARKER.DHT && !readHuffmanTables(segment, tables)) {
      throw broken('has a wrong table of codes');
    }
    if (isFrame(marker)) {
      if (frame !== undefined) throw broken('has two frames');
      frame = checkFrame(readFrame(segment), limits);
      if (adobe !== undefined) mendTransform(adobe, frame);
    }
    if (marker !== MARKER.SOS) continue;
    const scan = readScan(segment);
    if (frame === undefined || scan === undefined || scans.length === MAX_SCANS) {
      throw broken('has a wrong scan');
    }
    if (SEQUENTIAL.includes(frame.marker)) {
      const copied = copyScan({ bytes, start: offset, frame, scan, tables, interval });
      if (copied === undefined) throw broken('has codes that stand for nothing');
      segment.set([0, COEFFICIENTS - 1, 0], segment.length - 3);
      pieces.push(...copied.pieces);
      offset = copied.end;
      scans.push({ scan, wholeRows: copied.wholeRows });
    } else {
      const next = scanEnd(bytes, offset);
      pieces.push(bytes.subarray(offset, next));
      offset = next;
      scans.push({ scan, wholeRows: next < bytes.length ? frame.height : 0 });
    }
  }
  if (frame === undefined) throw broken('ends before its pixels');
  pieces.push(Uint8Array.of(0xff, MARKER.EOI));
  const onlyRefinements = checkScans(frame, scans);
  return { bytes: Buffer.concat(pieces), lenient: onlyRefinements && HARMLESS.test(why) };
}

const segmentEnd = (bytes: Uint8Array, offset: number) =>
  offset + 2 + Math.max(2, ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0));

/** Restart markers belong to a scan's data. */
function scanEnd(bytes: Uint8Array, start: number): number {
  let offset = findMarker(bytes, start);
  while (isRestart(bytes[offset + 1] ?? 0)) offset = findMarker(bytes, offset + 2);
  return offset;
}

function checkFrame(frame: Frame | undefined, limits: ImageLimits): Frame {
  if (frame === undefined) throw broken('has a wrong frame header');
  if (frame.precision !== SAMPLE_BITS) {
    throw notRead(`a JPEG of ${frame.precision} bits a sample`, 'save it with 8 bits.');
  }
  if (frame.marker > MARKER.SOF2) {
    throw notRead('a JPEG of a rare coding', 'save it as a baseline or progressive JPEG.');
  }
  return checkSize(frame, limits);
}

/** Decoders take an unknown transform for the usual one, as is written here. */
function mendTransform(adobe: Uint8Array, { components }: Frame): void {
  const isKnown = components.length === 4 ? [0, 2] : [0, 1];
  const transform = adobe[TRANSFORM_OFFSET];
  if (transform === undefined || isKnown.includes(transform)) return;
  adobe[TRANSFORM_OFFSET] = components.length === 4 ? 2 : 1;
}

interface CheckedScan {
  scan: Scan;
  wholeRows: number;
}

/**
 * @returns whether all that the decoder may still find wrong is a refinement
 * @throws {DomainError} `damaged_image` when rows are missing
 */
function checkScans(frame: Frame, scans: readonly CheckedScan[]): boolean {
  const { height, components } = frame;
  if (SEQUENTIAL.includes(frame.marker)) {
    const whole = Math.min(
      ...components.map(({ id }) => scans.find((s) => hasComponent(s, id))?.wholeRows ?? 0),
    );
    if (whole < height) throw cutOff({ whole, height });
    return false;
  }
  // A progressive JPEG comes in passes over the whole picture; the later ones only refine it.
  return components.every(({ id }) => {
    const seen = new Set<number>();
    for (const checked of scans) {
      const { scan, wholeRows } = checked;
      if (wholeRows < height || scan.refined > 0 || !hasComponent(checked, id)) continue;
      for (let k = scan.first; k <= scan.last; k += 1) seen.add(k);
    }
    return seen.size === COEFFICIENTS;
  });
}

const hasComponent = ({ scan }: CheckedScan, id: number) =>
  scan.components.some((component) => component.id === id);
