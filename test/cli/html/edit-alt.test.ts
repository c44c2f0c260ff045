// Giving images their alt leaves every other byte of a page as it is.
import { applyEdits, editAlt } from '@caption-queue/cli/html/edit-alt';
import { parsePage } from '@caption-queue/cli/html/parse-page';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../support/numbers/random.ts';

/** Gives every image with a `src` the text. */
function filled(page: Uint8Array, text: string): Buffer {
  const images = parsePage(page).images.filter(({ srcEnd }) => srcEnd !== undefined);
  return applyEdits(
    page,
    images.map((image) => editAlt(page, image, text)),
  );
}

describe('an alt', () => {
  it.each([
    ['<img src="a.jpg">', '<img src="a.jpg" alt="a dog">'],
    ['<IMG\tSRC=a.jpg>', '<IMG\tSRC=a.jpg alt="a dog">'],
    ["<img src='a.jpg'/>", `<img src='a.jpg' alt="a dog"/>`],
    ['<img src="a.jpg"class=x>', '<img src="a.jpg" alt="a dog"class=x>'],
    ['<img/src=a.jpg width=1 />', '<img/src=a.jpg alt="a dog" width=1 />'],
    ['<img src = a.jpg\r\n>', '<img src = a.jpg alt="a dog"\r\n>'],
    ['<img src="a>b.jpg" title=">">', '<img src="a>b.jpg" alt="a dog" title=">">'],
    ['<img src=a src=b>', '<img src=a alt="a dog" src=b>'],
  ])('that is missing comes behind src: %s', (before, after) => {
    expect(filled(Buffer.from(before), 'a dog').toString()).toBe(after);
  });

  it.each([
    ['<img alt="" src=a>', '<img alt="a dog" src=a>'],
    ["<img ALT='' src=a>", '<img ALT="a dog" src=a>'],
    ['<img alt src=a>', '<img alt="a dog" src=a>'],
    ['<img src=a alt>', '<img src=a alt="a dog">'],
    ['<img src=a alt/>', '<img src=a alt="a dog"/>'],
    ['<img src=a alt=>', '<img src=a alt="a dog">'],
    ['<img src=a alt = >', '<img src=a alt="a dog" >'],
    ['<img src=a alt\n=\n"">', '<img src=a alt="a dog">'],
    ['<img alt=""src=a>', '<img alt="a dog"src=a>'],
    ['<img alt="" src=a alt="x">', '<img alt="a dog" src=a alt="x">'],
  ])('that is empty is replaced: %s', (before, after) => {
    expect(filled(Buffer.from(before), 'a dog').toString()).toBe(after);
  });

  it('is ASCII, whatever it says', () => {
    const text = 'a "dog" & <cat> of café 😀\n';
    const after = filled(Buffer.from('<img src=a>'), text);
    expect(after.toString('latin1')).toMatch(/^[\x20-\x7e]*$/);
    expect(parsePage(after).images[0]?.attributes.get('alt')).toBe(text);
  });
});

describe('random pages', () => {
  const marker = 'ALT-TEXT';
  const pick = <T>(random: Random, choices: readonly T[]): T =>
    choices[Math.floor(random() * choices.length)] as T;

  /** A tag that is whole, with odd spelling. */
  function randomImage(random: Random): string {
    const space = () => pick(random, [' ', '\n', '\t', '\r\n', '  ', '/', ' \f']);
    const src = pick(random, ['src="a b.jpg"', "SRC='é.jpg'", 'Src=a/b', 'src = "x>y"', 'src\n=z']);
    const others = [
      'class="x"',
      'width=1',
      'hidden',
      "title='<img src=q>'",
      'a=\xe9\xff',
      '"',
      'x"y',
    ];
    const attributes = [src, ...others.filter(() => random() < 0.3)].sort(() => random() - 0.5);
    const end = pick(random, ['>', ' >', '\r\n>', ' />']);
    return (
      pick(random, ['<img', '<IMG', '<iMg', '<image']) +
      attributes.map((a) => space() + a).join('') +
      end
    );
  }

  /** Any bytes, rich in what HTML gives a meaning. */
  function randomBytes(random: Random): string {
    const pieces = [
      '<',
      '>',
      '"',
      "'",
      '=',
      '/',
      '<!--',
      '-->',
      '<p',
      '<table><tr>',
      '</b>',
      '<b>',
    ];
    pieces.push(
      '<a href=x>',
      '</a>',
      '<script>',
      '</script>',
      '<svg>',
      '\r\n',
      '\r',
      '\0',
      '&amp',
      '&#',
    );
    pieces.push(
      '<textarea>',
      '</textarea>',
      '<template>',
      '</template>',
      '<select>',
      '<![CDATA[',
      ' ',
    );
    const length = Math.floor(random() * 12);
    return Array.from({ length }, () =>
      random() < 0.5 ? pick(random, pieces) : String.fromCharCode(Math.floor(random() * 256)),
    ).join('');
  }

  it('keep every byte but the texts, and mean the same besides', () => {
    let images = 0;
    for (let seed = 1; seed <= 1000; seed++) {
      const random = createRandom(seed);
      const count = Math.floor(random() * 4);
      const mark = random() < 0.2 ? '\xef\xbb\xbf' : ' ';
      const source =
        mark +
        randomBytes(random) +
        Array.from({ length: count }, () => randomImage(random) + randomBytes(random)).join('');
      const before = Buffer.from(source, 'latin1');
      const found = parsePage(before).images;
      const after = filled(before, marker);
      const filledImages = parsePage(after).images;

      const removed = after.toString('latin1').replaceAll(` alt="${marker}"`, '');
      expect(removed === source, `seed ${seed}`).toBe(true);
      const expected = found.map(({ attributes }) =>
        attributes.has('src')
          ? { ...Object.fromEntries(attributes), alt: marker }
          : Object.fromEntries(attributes),
      );
      const actual = filledImages.map(({ attributes }) => Object.fromEntries(attributes));
      expect(actual, `seed ${seed}`).toEqual(expected);
      images += found.length;
    }
    expect(images).toBeGreaterThan(500);
  });
});
