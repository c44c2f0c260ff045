// Writes HEIF files (ISO/IEC 23008-12) around pictures that were coded before: turned, in tiles, or hostile.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../repository.ts';

export type HeicFixture =
  | 'red'
  | 'green'
  | 'blue'
  | 'white'
  | 'photo'
  | 'transparent'
  | 'wide-gamut'
  | 'sequence';

export const readHeic = (name: HeicFixture): Buffer =>
  readFileSync(path.join(repository, 'test/fixtures/heic', `${name}.heic`));

const u8 = (...values: number[]) => Buffer.from(values);
export const u16 = (...values: number[]) =>
  Buffer.concat(values.map((value) => u8((value >> 8) & 255, value & 255)));
export const u32 = (...values: number[]) =>
  Buffer.concat(values.map((value) => u16(value >>> 16, value & 0xffff)));

export function box(type: string, ...content: Buffer[]): Buffer {
  const data = Buffer.concat(content);
  return Buffer.concat([u32(8 + data.length), Buffer.from(type, 'latin1'), data]);
}

const fullBox = (type: string, version: number, ...content: Buffer[]) =>
  box(type, u8(version, 0, 0, 0), ...content);

export const ispe = (width: number, height: number) => fullBox('ispe', 0, u32(width, height));
/** @param quarters anticlockwise */
export const irot = (quarters: number) => box('irot', u8(quarters));
export const auxiliary = (urn: string) => fullBox('auxC', 0, Buffer.from(`${urn}\0`));

export interface HeifItem {
  type: 'hvc1' | 'grid' | 'iden';
  data: Buffer;
  properties: Buffer[];
  hidden?: boolean;
}

/** @returns the one picture of a fixture, to be put into another file */
export function codedItem(name: HeicFixture, ...properties: Buffer[]): HeifItem {
  const file = readHeic(name);
  const at = file.indexOf('hvcC') - 4;
  const configuration = file.subarray(at, at + file.readUInt32BE(at));
  const data = file.subarray(file.indexOf('mdat') + 4);
  return { type: 'hvc1', data, properties: [configuration, ispe(64, 64), ...properties] };
}

export function gridItem(options: {
  rows: number;
  columns: number;
  width: number;
  height: number;
  properties?: Buffer[];
}): HeifItem {
  const { rows, columns, width, height, properties = [] } = options;
  const data = Buffer.concat([u8(0, 1, rows - 1, columns - 1), u32(width, height)]);
  return { type: 'grid', data, properties: [ispe(width, height), ...properties] };
}

export interface HeifReference {
  type: string;
  from: number;
  to: number[];
}

/** The first item, number 1, is the picture. */
export function writeHeif(options: {
  items: HeifItem[];
  references?: HeifReference[];
  brands?: string[];
}): Buffer {
  const { items, references = [], brands = ['heic', 'mif1', 'heic'] } = options;
  const [major = 'heic', ...compatible] = brands;
  const start = box('ftyp', Buffer.from(major), u32(0), Buffer.from(compatible.join('')));
  // Items share what they have alike.
  const properties = items
    .flatMap((item) => item.properties)
    .filter((one, n, all) => all.findIndex((other) => other.equals(one)) === n);
  const describe = (dataStart: number) => {
    let offset = dataStart;
    const places = items.map(({ data }, n) => {
      const place = Buffer.concat([u16(n + 1, 0, 1), u32(offset, data.length)]);
      offset += data.length;
      return place;
    });
    const associations = items.map((item, n) => {
      const numbers = item.properties.map((one) =>
        u16(0x8000 | (1 + properties.findIndex((other) => other.equals(one)))),
      );
      return Buffer.concat([u16(n + 1), u8(numbers.length), ...numbers]);
    });
    return fullBox(
      'meta',
      0,
      fullBox('hdlr', 0, u32(0), Buffer.from('pict'), Buffer.alloc(13)),
      fullBox('pitm', 0, u16(1)),
      fullBox('iloc', 0, u8(0x44, 0), u16(items.length), ...places),
      fullBox(
        'iinf',
        0,
        u16(items.length),
        ...items.map(({ type, hidden }, n) =>
          box('infe', u8(2, 0, 0, hidden ? 1 : 0), u16(n + 1, 0), Buffer.from(`${type}\0`)),
        ),
      ),
      fullBox(
        'iref',
        0,
        ...references.map(({ type, from, to }) => box(type, u16(from, to.length, ...to))),
      ),
      box(
        'iprp',
        box('ipco', ...properties),
        box('ipma', u8(0, 0, 0, 1), u32(items.length), ...associations),
      ),
    );
  };
  const dataStart = start.length + describe(0).length + 8;
  return Buffer.concat([start, describe(dataStart), box('mdat', ...items.map(({ data }) => data))]);
}
