// Forms as clients really send them are read; malformed ones all get one clear answer.

import { type MultipartForm, parseMultipart } from '@caption-queue/api/uploads/multipart';
import { DomainError } from '@caption-queue/contract/errors';
import { describe, expect, it } from 'vitest';

/** A picture's size. */
const UNIT_BYTES = 4 << 20;
/** Of processor time: a collection of garbage, a compilation. */
const ALLOWANCE_MS = 500;
/** For four pictures' bytes: they take 150 ms at most on a slow machine, and seconds where a scan begins anew at each byte. */
const MOST_MS = 1_500;

const TYPE = 'multipart/form-data; boundary=XX';

const part = (disposition: string, content = 'value', more = '') =>
  `--XX\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${content}\r\n`;

const parse = (text: string, type = TYPE) => parseMultipart(Buffer.from(text, 'latin1'), type);

function codeOf(read: () => MultipartForm): string {
  try {
    read();
    return 'fine';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

describe('a form', () => {
  it('gives fields as text and files as bytes', () => {
    const form = parse(
      `${part('name="beam_width"', '5')}${part('name="image"; filename="a.jpg"', '\x00\xff\r\n--X', 'Content-Type: image/jpeg\r\n')}--XX--\r\n`,
    );
    expect({ ...form.fields }).toEqual({ beam_width: '5' });
    expect(form.files).toEqual([
      { name: 'image', mediaType: 'image/jpeg', bytes: Buffer.from('\x00\xff\r\n--X', 'latin1') },
    ]);
  });

  it.each([
    ['a quoted boundary', 'multipart/form-data; charset=utf-8; boundary="XX"'],
    ['a boundary in capitals', 'Multipart/Form-Data; BOUNDARY=XX'],
    ['parameters after it', 'multipart/form-data; boundary=XX; charset=utf-8'],
  ])('may have %s', (_what, type) => {
    expect(parse(`${part('name="a"')}--XX--`, type).fields.a).toBe('value');
  });

  it.each([
    ['filename="../../etc/passwd"'],
    ['filename=""'],
    ["filename*=UTF-8''p%C3%A4.jpg"],
    ['filename="a; name=other"'],
    ['filename=unquoted.jpg'],
  ])('takes a part with %s for a file of its own name', (filename) => {
    const form = parse(`${part(`${filename}; name="image"`)}--XX--`);
    expect(form.files.map((file) => file.name)).toEqual(['image']);
  });

  it('may have a preamble and an epilogue, and no special names', () => {
    const form = parse(`hello --XX\r\n${part('name="__proto__"')}--XX--\r\nbye`);
    expect(Object.keys(form.fields)).toEqual(['__proto__']);
  });

  it('leaves out what was left blank, but not a file that is empty', () => {
    const blank = part('name="a"', '') + part('name="b"; filename=""', '') + part('name="c"', ' ');
    const form = parse(`${blank}${part('name="d"; filename="d.jpg"', '')}--XX--`);
    expect({ ...form.fields }).toEqual({ c: ' ' });
    expect(form.files).toEqual([{ name: 'd', mediaType: undefined, bytes: Buffer.alloc(0) }]);
  });

  it('makes a list of a field that comes more than once', () => {
    const form = parse(
      `${part('name="a"', '1')}${part('name="a"', '2')}${part('name="a"', '3')}--XX--`,
    );
    expect({ ...form.fields }).toEqual({ a: ['1', '2', '3'] });
  });

  it('takes a part for a file by the type of a picture, or by the field where pictures come', () => {
    const typed = part('name="a"', '\x00', 'Content-Type: image/png\r\n');
    const body = Buffer.from(`${typed}${part('name="b"')}${part('name="c"')}--XX--`, 'latin1');
    const form = parseMultipart(body, TYPE, { pictureField: 'b' });
    expect(form.files.map((file) => file.name)).toEqual(['a', 'b']);
    expect({ ...form.fields }).toEqual({ c: 'value' });
  });

  it('may have lines that end in LF, if all of them do', () => {
    const text = `${part('name="a"', '1\r\n')}${part('name="b"', '\r')}--XX--\r\n`;
    const lines = text.replaceAll('\r\n', '\n');
    expect({ ...parse(lines).fields }).toEqual({ a: '1\n', b: '\r' });
    expect(codeOf(() => parse(lines.replace('\n', '\r\n')))).toBe('malformed_multipart');
  });

  it('keeps what looks like its boundary within a part, unless it begins a line', () => {
    const content = 'a--XX\r\n--X\r--XX\n--XX --XX--';
    expect(parse(`${part('name="a"', content)}--XX--`).fields.a).toBe(content);
  });

  it('may be empty', () => {
    expect(parse('--XX--\r\n')).toEqual({ fields: Object.create(null), files: [] });
  });
});

describe('a malformed form', () => {
  it.each<[string, string, string?]>([
    ['names no boundary', part('name="a"'), 'multipart/form-data'],
    ['names another boundary', `${part('name="a"')}--XX--`, 'multipart/form-data; boundary=YY'],
    ['has a boundary of 5,000 characters', '', `multipart/form-data; boundary=${'b'.repeat(5000)}`],
    ['is empty', ''],
    ['does not end', part('name="a"')],
    ['ends within a part', `--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\nval`],
    ['ends within the headers of a part', '--XX\r\nContent-Disposition: form-'],
    ['has a part without headers', '--XX\r\n\r\nvalue\r\n--XX--'],
    ['has a part without a name', `${part('filename="a"')}--XX--`],
    ['has a header without colon', `${part('name="a"', 'v', 'nonsense\r\n')}--XX--`],
    [
      'has a part of another disposition',
      '--XX\r\nContent-Disposition: attachment; name="a"\r\n\r\nv\r\n--XX--',
    ],
    [
      'has a part in base64',
      `${part('name="a"', 'v', 'Content-Transfer-Encoding: base64\r\n')}--XX--`,
    ],
    [
      'has 2 kB of blanks after a boundary',
      `--XX${' '.repeat(2_000)}${part('name="a"').slice(4)}--XX--`,
    ],
    ['has text after a boundary', `${part('name="a"')}--XXX\r\n\r\n--XX--`],
    ['has a part of nothing', '--XX\r\n--XX--'],
    ['has headers of 9 kB', `${part('name="a"', 'v', `X: ${'h'.repeat(9000)}\r\n`)}--XX--`],
  ])('%s', (_what, text, type) => {
    expect(codeOf(() => parse(text, type))).toBe('malformed_multipart');
  });

  it('has too many parts, or a field as long as a file', () => {
    const many = Array.from({ length: 65 }, (_, n) => part(`name="f${n}"`)).join('');
    expect(codeOf(() => parse(`${many}--XX--`))).toBe('payload_too_large');
    const long = part('name="a"', 'v'.repeat(16 * 1024 + 1));
    expect(codeOf(() => parse(`${long}--XX--`))).toBe('malformed_multipart');
  });

  it('is refused quickly whatever its headers repeat', () => {
    const repeated = [';x="', ';x=\\"', ';a', '; ', ';a =', '\r\n ', '\r\nX:', '"\\'];
    const startMs = processorMs();
    for (const text of repeated) {
      const headers = `name="a"${text.repeat(8_000 / text.length)}`;
      for (let n = 0; n < 20; n += 1) codeOf(() => parse(`${part(headers)}--XX--`));
    }
    // 64 parts of 8 kB take as long at most.
    expect(processorMs() - startMs).toBeLessThan(2_000);
  });
});

const processorMs = () => process.cpuUsage().user / 1_000;

describe('the time that a form takes grows as its size does', () => {
  const opened = `--${'-'.repeat(70)}\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n`;

  it.each<[string, string, string, string]>([
    ['hyphens', '-', 'x', '-'],
    ['hyphens, with a long boundary', '-'.repeat(70), 'x', '-'],
    ['beginnings of the boundary', 'XX', '', '\n--X'],
    ['nearly its boundary', `${'a'.repeat(69)}b`, '', `\n--${'a'.repeat(69)}c`],
    ['periods of its boundary', 'ab'.repeat(35), 'x', 'ab'],
    ['its boundary, but at no line’s beginning', 'XX', 'x', '--XX'],
    ['line ends', 'XX', '', '\n'],
    ['line ends within a part', '-'.repeat(70), opened, '\r\n'],
    ['nearly its boundary within a part', '-'.repeat(70), opened, `\r\n--${'-'.repeat(69)}\r`],
    ['white space after its boundary', 'XX', '--XX', ' '],
    ['parts', 'XX', '', part('name="a"', 'v'.repeat(4_000))],
    ['parts within nothing', 'XX', '', '--XX\r\n'],
    ['headers', 'XX', '--XX\r\n', 'X: y\r\n'],
  ])('of %s', (_what, boundary, begin, repeated) => {
    const type = `multipart/form-data; boundary=${boundary}`;
    const take = (bytes: number) => {
      const body = Buffer.concat([Buffer.from(begin), Buffer.alloc(bytes, repeated)]);
      const startMs = processorMs();
      codeOf(() => parseMultipart(body, type, { maxParts: Number.POSITIVE_INFINITY }));
      return processorMs() - startMs;
    };
    take(UNIT_BYTES); // Compiles what the others use.
    const [once = 0, , fourTimes = 0] = [1, 2, 4].map((n) => take(n * UNIT_BYTES));
    // What takes no time at all is linear.
    expect(fourTimes).toBeLessThan(10 * once + ALLOWANCE_MS);
    expect(fourTimes).toBeLessThan(MOST_MS);
  });
});
