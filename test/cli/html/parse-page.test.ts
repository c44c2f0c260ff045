// Which images of a page are found, and which of them a caption is for.
import { type PageImage, parsePage } from '@caption-queue/cli/html/parse-page';
import { reasonToSkip } from '@caption-queue/cli/html/skip-image';
import { warningsFor } from '@caption-queue/cli/html/warnings';
import { describe, expect, it } from 'vitest';

const parsed = (html: string, encoding: BufferEncoding = 'utf8') =>
  parsePage(Buffer.from(html, encoding));
const sources = (html: string) =>
  parsed(html).images.map(({ attributes }) => attributes.get('src'));
const only = (html: string): PageImage => {
  const { images } = parsed(html);
  expect(images).toHaveLength(1);
  return images[0] as PageImage;
};

describe('the images of a page', () => {
  it.each([
    ['upper case', '<IMG SRC="a.jpg">'],
    ['single quotes', "<img src='a.jpg'>"],
    ['no quotes', '<img src=a.jpg>'],
    ['self-closing', '<img src="a.jpg"/>'],
    ['spread over lines', '<img\n  class="x"\r\n  src = "a.jpg"\n>'],
    ['the old name of the tag', '<image src="a.jpg">'],
    ['a character reference', '<img src="&#97;.jpg">'],
    ['a picture', '<picture><source srcset="b.webp"><img src="a.jpg"></picture>'],
    ['what only runs without scripts', '<noscript><img src="a.jpg"></noscript>'],
    ['the same in the head', '<head><noscript><img src="a.jpg"></noscript></head>'],
    ['a template', '<template><p><img src="a.jpg"></p></template>'],
    ['text in SVG', '<svg><foreignObject><img src="a.jpg"></foreignObject></svg>'],
    ['a table that may not have it', '<table><img src="a.jpg"><tr><td></table>'],
    ['tags that are never closed', '<p><b><div><i><img src="a.jpg">'],
    ['the first of two src', '<img src="a.jpg" src="b.jpg">'],
  ])('are found with %s', (_, html) => {
    expect(sources(html)).toEqual(['a.jpg']);
  });

  it.each([
    ['comments', '<!-- <img src="a.jpg"> --> <!--[if IE]><img src="a.jpg"><![endif]-->'],
    ['scripts', '<script>document.write(\'<img src="a.jpg">\')</script>'],
    ['styles', '<style><img src="a.jpg"></style>'],
    ['titles and text areas', '<title><img src=a.jpg></title><textarea><img src=a.jpg></textarea>'],
    ['attributes', '<p title=\'<img src="a.jpg">\'></p><iframe srcdoc="<img src=a.jpg>"></iframe>'],
    ['a tag that never ends', '<p>text <img src="a.jpg" '],
  ])('are not sought in %s', (_, html) => {
    expect(sources(html)).toEqual([]);
  });

  it('come in the order of the file, each with its line', () => {
    const html = '<table>\r\n<tr><td><img src=1><tr><td>\n<tr><img src=2>\n</table>\n\n<img src=3>';
    const { images } = parsed(html);
    expect(images.map(({ line, attributes }) => [attributes.get('src'), line])).toEqual([
      ['1', 2],
      ['2', 3],
      ['3', 6],
    ]);
  });

  it('are found in 20,000 nested elements', () => {
    expect(sources(`${'<div>'.repeat(20_000)}<img src="a.jpg">`)).toEqual(['a.jpg']);
  });

  it.each([
    [
      'utf-8 as it is written today',
      'utf8',
      '<meta charset="utf-8"><img src="é😀.jpg">',
      'é😀.jpg',
    ],
    ['utf-8 that says nothing', 'utf8', '<img src="é😀.jpg">', 'é😀.jpg'],
    ['utf-8 with a mark', 'utf8', '\ufeff<meta charset="latin1"><img src="é.jpg">', 'é.jpg'],
    ['windows-1252 that says nothing', 'latin1', '<img src="é\x80.jpg">', 'é€.jpg'],
    ['latin-1', 'latin1', '<meta charset=iso-8859-1><img src="é&amp;&#8364;.jpg">', 'é&€.jpg'],
    [
      'the older way to declare',
      'latin1',
      '<meta http-equiv=Content-Type content="text/html; charset=iso-8859-15"><img src="\xa4.jpg">',
      '€.jpg',
    ],
    ['a name that nobody knows', 'utf8', '<meta charset="klingon"><img src="é.jpg">', 'é.jpg'],
    ['utf-16 that was read as ASCII', 'utf8', '<meta charset="utf-16"><img src="é.jpg">', 'é.jpg'],
    ['Japanese', 'latin1', '<meta charset="shift_jis"><img src="\x8e\xca\x90^.jpg">', '写真.jpg'],
  ] as const)('have the src that the page means: %s', (_, encoding, html, src) => {
    const { images } = parsed(html, encoding);
    expect(images.map(({ attributes }) => attributes.get('src'))).toEqual([src]);
  });

  it.each([
    ['with a mark', Buffer.from('\ufeff<img src=a.jpg>', 'utf16le')],
    ['big-endian', Buffer.from('\ufeff<img src=a.jpg>', 'utf16le').swap16()],
    ['without a mark', Buffer.from('<img src=a.jpg>', 'utf16le')],
  ])('are not sought in UTF-16 %s', (_, page) => {
    expect(() => parsePage(page)).toThrow('UTF-16');
  });

  it('are not sought where a kanji may look like a tag', () => {
    expect(() => parsed('<meta charset="iso-2022-jp"><img src=a.jpg>')).toThrow('ISO-2022-JP');
  });

  it('are relative to the first base that has an address', () => {
    expect(parsed('<base target=x><base href="é/"><base href=b>').baseHref).toBe('é/');
    expect(parsed('\ufeff<head><base href="b/"></head>').baseHref).toBe('b/');
    expect(parsed('<p>').baseHref).toBeUndefined();
  });
});

describe('a caption is not for', () => {
  it.each([
    ['decorative', '<img src="a.jpg" role="presentation">'],
    ['decorative', '<img src="a.jpg" ROLE=" None img">'],
    ['decorative', '<img src="a.jpg" aria-hidden="true">'],
    ['decorative', '<div aria-hidden="true"><p><img src="a.jpg"></div>'],
    ['data', '<img src=" DATA:image/svg+xml,<?xml?>">'],
    ['templated', '<img src="{{ photo }}">'],
    ['templated', '<img src="/img/{% photo %}.jpg">'],
    ['templated', '<img src="<%= photo %>">'],
    ['templated', '<img src="<?= $photo ?>">'],
    ['templated', `<img src="\${photo}">`],
    ['templated', '<img src="a.jpg" {% if x %}alt="x"{% endif %}>'],
    ['templated', '<img src="a.jpg" :alt="name">'],
    ['templated', '<img src="a.jpg" [attr.alt]="name">'],
    ['templated', '<img src="a.jpg" th:src="@{photo}">'],
    ['template', '<template><img src="a.jpg"></template>'],
    ['lazy', '<img data-src="a.jpg">'],
    ['lazy', '<img src="placeholder.gif" data-src="a.jpg">'],
    ['no_src', '<img srcset="a.jpg 2x">'],
    ['no_src', '<img src>'],
    ['no_src', '<img src=" ">'],
  ])('%s: %s', (reason, html) => {
    expect(reasonToSkip(only(html))).toBe(reason);
  });

  it.each([
    '<img src="a.jpg" role="img" aria-hidden="false">',
    '<img src="a.jpg" class="{{ kind }}" onclick="f(<%= x %>)">',
    '<div aria-hidden="true"></div><img src="a.jpg">',
    '<template shadowrootmode="open"><img src="a.jpg"></template>',
    '<noscript><img src="a.jpg"></noscript>',
  ])('but for %s', (html) => {
    expect(reasonToSkip(only(html))).toBeUndefined();
  });
});

describe('a person should look', () => {
  it.each([
    ['a link with nothing else', '<a href="/"> <b><img src="a.jpg"></b><!-- x --> </a>'],
    ['a link with a decoration besides', '<a href="/"><img alt="" src=b><img src="a.jpg"></a>'],
  ])('at the image in %s', (_, html) => {
    const image = parsed(html).images.at(-1) as PageImage;
    expect(warningsFor(image)).toEqual(['only_content_of_link']);
  });

  it.each([
    '<a href="/"><img src="a.jpg"> Home</a>',
    '<a href="/" aria-label="Home"><img src="a.jpg"></a>',
    '<a href="/"><img src="b.jpg" alt="Home"><img src="a.jpg"></a>',
    '<a name="top"><img src="a.jpg"></a>',
    '<a href="/">Home</a><img src="a.jpg">',
  ])('but not for a link in %s', (html) => {
    expect(warningsFor(parsed(html).images.at(-1) as PageImage)).toEqual([]);
  });

  it.each([
    ['<html lang="DE"><img src="a.jpg">', ['foreign_language']],
    ['<html lang="en"><p lang="pt-BR"><img src="a.jpg"></p>', ['foreign_language']],
    ['<html lang="de"><p lang="en-GB"><img src="a.jpg"></p>', []],
    ['\ufeff<!doctype html>\n<html lang="fr"><img src="a.jpg">', ['foreign_language']],
    ['<img src="a.jpg">', []],
    ['<html lang=""><img src="a.jpg">', []],
  ])('at the language: %s', (html, warnings) => {
    expect(warningsFor(only(html))).toEqual(warnings);
  });
});
