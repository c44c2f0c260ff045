// Forms as clients really send them are read; malformed ones all get one clear answer.

import { type MultipartForm, parseMultipart } from '@caption-queue/api/uploads/multipart';
import { DomainError } from '@caption-queue/contract/errors';
import { describe, expect, it } from 'vitest';

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

  it('may have a preamble and an epilogue, empty values and no special names', () => {
    const form = parse(`hello --XX\r\n${part('name="__proto__"', '')}--XX--\r\nbye`);
    expect(Object.keys(form.fields)).toEqual(['__proto__']);
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
    ['has one field twice', `${part('name="a"')}${part('name="a"')}--XX--`],
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

  it('is refused quickly whatever it repeats', () => {
    const hostile = `${part(`${';x="'.repeat(1500)} name="a"`)}--XX--`;
    const startMs = performance.now();
    codeOf(() => parse(hostile));
    codeOf(() => parse('--XX\r\n'.repeat(1_000_000)));
    codeOf(() => parse('\r\n--X'.repeat(1_000_000)));
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });
});
