// The few SVG elements that the plots are made of. https://www.w3.org/TR/SVG2/

/** Told apart by colour-blind people too. Okabe and Ito 2008, https://jfly.uni-koeln.de/color/ */
export const colours = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#000000',
];
export const colourOf = (index: number): string => colours[index % colours.length] as string;

export const INK = '#333333';
export const FAINT = '#e3e3e3';

type Attributes = Record<string, string | number>;

/** An element; `content` is markup, so text must be escaped. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes)
    .map(
      ([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escapeText(value)}"`,
    )
    .join('');
  return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

export function text(content: string, attributes: Attributes): string {
  return element('text', attributes, escapeText(content));
}

export function line([x1, y1]: Point, [x2, y2]: Point, attributes: Attributes): string {
  return element('line', { x1, y1, x2, y2, ...attributes });
}

export type Point = readonly [x: number, y: number];

export function polyline(points: readonly Point[], attributes: Attributes): string {
  return element('polyline', {
    points: points.map(([x, y]) => `${short(x)},${short(y)}`).join(' '),
    fill: 'none',
    ...attributes,
  });
}

/** @param description what a screen reader says */
export function svgDocument({
  width,
  height,
  description,
  content,
}: {
  width: number;
  height: number;
  description: string;
  content: string;
}): string {
  const background = element('rect', { width, height, fill: '#ffffff' });
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${short(width)} ${short(height)}`,
      width,
      height,
      role: 'img',
      'font-family': 'system-ui, sans-serif',
      'font-size': 12,
      fill: INK,
    },
    `<title>${escapeText(description)}</title>${background}${content}\n`,
  );
}

/** For SVG and HTML, in text and in attributes. */
export function escapeText(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A hundredth of a pixel is enough. */
function short(value: number): number {
  return Number(value.toFixed(2));
}
