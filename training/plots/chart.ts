// Charts as SVG: panels with two axes, a title and a legend, in which lines and bars are drawn.
import { formatTick, linearScale, logScale, type Scale } from './scale.ts';
import {
  colourOf,
  element,
  FAINT,
  INK,
  line,
  type Point,
  polyline,
  svgDocument,
  text,
} from './svg.ts';

export interface Axis {
  /** What is counted, with its unit. */
  label: string;
  /** Smallest and largest value that must fit. Default: those of the data. */
  domain?: [number, number];
  /** `log` for values above 0; `integer` writes whole numbers only. */
  kind?: 'linear' | 'integer' | 'log';
}

export interface Series {
  /** In the legend; without it the series is not listed. */
  name?: string;
  points: Point[];
  /** Default: the next of the palette. */
  colour?: string;
  /** `line` joins the points and marks them where they are few, `dashed` is for what is only compared with. */
  style?: 'line' | 'dashed';
}

export interface Bars {
  /** Each from x0 to x1, as high as y. */
  bars: { x0: number; x1: number; y: number }[];
  colour?: string;
}

export interface Panel {
  title: string;
  x: Axis;
  y: Axis;
  series?: Series[];
  bars?: Bars;
}

export const PANEL_WIDTH = 440;
export const PANEL_HEIGHT = 300;
const margin = { left: 62, right: 28, top: 52, bottom: 48 };
/** With more points than these marks would hide the line. */
const MARKED_POINTS = 40;

/** The panels side by side. */
export function chart(panels: readonly Panel[]): string {
  return svgDocument({
    width: panels.length * PANEL_WIDTH,
    height: PANEL_HEIGHT,
    description: panels.map(({ title }) => title).join('; '),
    content: panels
      .map((panel, index) =>
        element('g', { transform: `translate(${index * PANEL_WIDTH} 0)` }, drawPanel(panel)),
      )
      .join('\n'),
  });
}

/** One panel of PANEL_WIDTH × PANEL_HEIGHT, as markup inside a document. */
export function drawPanel(panel: Panel): string {
  const { title, series = [], bars } = panel;
  const corners =
    bars?.bars.flatMap(({ x0, x1, y }): Point[] => [
      [x0, 0],
      [x1, y],
    ]) ?? [];
  const points = [...series.flatMap((one) => one.points), ...corners];
  const x = scaleOf(
    panel.x,
    points.map(([value]) => value),
    [margin.left, PANEL_WIDTH - margin.right],
  );
  const y = scaleOf(
    panel.y,
    points.map(([, value]) => value),
    [PANEL_HEIGHT - margin.bottom, margin.top],
  );
  return [
    text(title, { x: margin.left, y: 20, 'font-size': 14, 'font-weight': 600 }),
    drawAxes(panel, x, y),
    bars ? drawBars(bars, x, y) : '',
    ...series.map((one, index) => drawSeries(one, one.colour ?? colourOf(index), { x, y })),
    drawLegend(series),
  ].join('\n');
}

function scaleOf({ domain, kind }: Axis, values: number[], range: [number, number]): Scale {
  const fitted = domain ?? [
    values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ];
  return kind === 'log'
    ? logScale({ domain: fitted, range })
    : linearScale({ domain: fitted, range, integer: kind === 'integer' });
}

function drawAxes(panel: Panel, x: Scale, y: Scale): string {
  const [left, right] = [margin.left, PANEL_WIDTH - margin.right];
  const bottom = PANEL_HEIGHT - margin.bottom;
  const middle = (margin.top + bottom) / 2;
  const grid = y.ticks.map((tick) => {
    const at = y.at(tick);
    return (
      line([left, at], [right, at], { stroke: FAINT }) +
      text(formatTick(tick), { x: left - 8, y: at + 4, 'text-anchor': 'end' })
    );
  });
  const marks = x.ticks.map((tick) => {
    const at = x.at(tick);
    return (
      line([at, bottom], [at, bottom + 4], { stroke: INK }) +
      text(formatTick(tick), { x: at, y: bottom + 18, 'text-anchor': 'middle' })
    );
  });
  return [
    ...grid,
    ...marks,
    line([left, bottom], [right, bottom], { stroke: INK }),
    text(panel.x.label, { x: (left + right) / 2, y: bottom + 38, 'text-anchor': 'middle' }),
    text(panel.y.label, {
      transform: `translate(14 ${middle}) rotate(-90)`,
      'text-anchor': 'middle',
    }),
  ].join('\n');
}

function drawBars({ bars, colour = colourOf(0) }: Bars, x: Scale, y: Scale): string {
  return bars
    .map((bar) => {
      const [left, right, top] = [x.at(bar.x0), x.at(bar.x1), y.at(bar.y)];
      return element('rect', {
        x: left,
        y: top,
        width: right - left,
        height: y.at(0) - top,
        fill: colour,
        stroke: '#ffffff',
        'stroke-width': 0.5,
      });
    })
    .join('');
}

function drawSeries(
  { points, style = 'line' }: Series,
  colour: string,
  { x, y }: { x: Scale; y: Scale },
): string {
  const placed = points.map(([a, b]): Point => [x.at(a), y.at(b)]);
  if (style === 'dashed') return polyline(placed, { stroke: colour, 'stroke-dasharray': '5 4' });
  const marks =
    points.length > MARKED_POINTS
      ? []
      : placed.map(([cx, cy]) => element('circle', { cx, cy, r: 3, fill: colour }));
  return polyline(placed, { stroke: colour, 'stroke-width': 2 }) + marks.join('');
}

/** Names below the title, one after the other; their widths are estimated. */
function drawLegend(series: readonly Series[]): string {
  const letterWidth = 6.6;
  let at = margin.left;
  return series
    .map(({ name, colour }, index) => {
      if (name === undefined) return '';
      const start = at;
      at += 26 + name.length * letterWidth;
      return (
        line([start, 36], [start + 14, 36], {
          stroke: colour ?? colourOf(index),
          'stroke-width': 3,
        }) + text(name, { x: start + 18, y: 40 })
      );
    })
    .join('');
}
