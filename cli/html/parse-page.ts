// The images of an HTML page, and where in its bytes their `alt` stands or would.
import { parse, parseFragment, type DefaultTreeAdapterTypes as Tree } from 'parse5';
import { pageDecoder, textStart } from './page-encoding.ts';
import { attribute, isElement, isOnlyContent, type Surroundings, walkPage } from './walk-page.ts';

export interface PageImage extends Omit<Surroundings, 'link'> {
  /** From 1. */
  line: number;
  /** Names in lower case, values as a browser sees them. */
  attributes: ReadonlyMap<string, string>;
  /** Bytes from the page's begin: where `src` ends. */
  srcEnd: number | undefined;
  /** Where the `alt` that is there stands. */
  alt: { start: number; end: number } | undefined;
  isOnlyContentOfLink: boolean;
}

export interface ParsedPage {
  baseHref: string | undefined;
  /** In the order of the file. */
  images: PageImage[];
}

/**
 * Comments, scripts and other text have no images in them; `noscript` does, as it is read where no script
 * runs.
 * @throws PageError
 */
export function parsePage(bytes: Uint8Array): ParsedPage {
  const start = textStart(bytes);
  const text = Buffer.from(bytes.subarray(start)).toString('latin1');
  const document = parse(text, { sourceCodeLocationInfo: true, scriptingEnabled: false });
  const images: { element: Tree.Element; surroundings: Surroundings }[] = [];
  let base: Tree.Element | undefined;
  let declared: string | undefined;
  for (const visit of walkPage(document)) {
    const { element } = visit;
    if (element.tagName === 'img') images.push(visit);
    else if (element.tagName === 'meta') declared ??= declaredEncoding(element);
    else if (element.tagName === 'base' && attribute(element, 'href') !== undefined)
      base ??= element;
  }
  const decode = pageDecoder(bytes, declared);
  const attributesOf = (element: Tree.Element): Map<string, string> => {
    const { startOffset = 0, endOffset = 0 } = element.sourceCodeLocation?.startTag ?? {};
    const tag = decode(bytes.subarray(start + startOffset, start + endOffset));
    const [decoded = element] = parseFragment(tag).childNodes.filter(isElement);
    return new Map(decoded.attrs.map(({ name, value }) => [name, value]));
  };
  return {
    baseHref: base && attributesOf(base).get('href'),
    images: images
      // The parser moves what a table may not contain in front of it.
      .sort((a, b) => startOf(a.element) - startOf(b.element))
      .map(({ element, surroundings: { link, ...surroundings } }) => ({
        ...surroundings,
        ...placesOf(element, start),
        attributes: attributesOf(element),
        isOnlyContentOfLink: link !== undefined && isOnlyContent(element, link),
      })),
  };
}

function declaredEncoding(meta: Tree.Element): string | undefined {
  if (attribute(meta, 'http-equiv')?.toLowerCase() !== 'content-type') {
    return attribute(meta, 'charset');
  }
  return attribute(meta, 'content')?.match(/charset\s*=\s*["']?([^\s;"']+)/i)?.[1];
}

const startOf = (element: Tree.Element) => element.sourceCodeLocation?.startOffset ?? 0;

function placesOf(
  { sourceCodeLocation }: Tree.Element,
  textStart: number,
): Pick<PageImage, 'line' | 'srcEnd' | 'alt'> {
  const { src, alt } = sourceCodeLocation?.attrs ?? {};
  return {
    line: sourceCodeLocation?.startLine ?? 0,
    srcEnd: src && textStart + src.endOffset,
    alt: alt && { start: textStart + alt.startOffset, end: textStart + alt.endOffset },
  };
}
