// What the training captions are like: how long they are, and how often words occur.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PreparedData } from '../dataset/prepared.ts';
import { chart, drawPanel, PANEL_HEIGHT, PANEL_WIDTH, type Panel } from './chart.ts';
import { formatTick } from './scale.ts';
import { colourOf, element, INK, type Point, svgDocument, text } from './svg.ts';

/** Writes `caption-lengths.svg` and `word-frequencies.svg`. */
export async function writeCaptionPlots(
  folder: string,
  { captions: { train }, vocabulary }: PreparedData,
): Promise<void> {
  const captions = train.flatMap((photo) => photo.captions);
  const known = new Set(vocabulary.toJSON());
  const write = (file: string, content: string) => writeFile(path.join(folder, file), content);
  await write('caption-lengths.svg', captionLengthsPlot(captions));
  await write('word-frequencies.svg', wordFrequenciesPlot(captions, known));
}

/** Captions by their number of words. @param captions as words, at least one */
export function captionLengthsPlot(captions: readonly string[][]): string {
  const lengths = captions.map(({ length }) => length);
  const mean = lengths.reduce((sum, length) => sum + length, 0) / captions.length;
  return chart([
    {
      title: `${formatTick(captions.length)} training captions, mean ${mean.toFixed(1)} words`,
      x: { label: 'words in a caption', kind: 'integer' },
      y: { label: 'captions', kind: 'integer' },
      bars: {
        bars: [...countAll(lengths)].map(([words, y]) => ({ x0: words - 0.5, x1: words + 0.5, y })),
      },
    },
  ]);
}

/** Words that are named, and the height of each row in pixels. */
const NAMED_WORDS = 20;
const ROW_HEIGHT = 11.5;
const listMargin = { left: 90, right: 50, top: 52 };

/**
 * The most frequent words, and how frequency falls with rank.
 * @param captions as words, at least one
 * @param vocabulary the words that the model will know
 */
export function wordFrequenciesPlot(
  captions: readonly string[][],
  vocabulary: ReadonlySet<string>,
): string {
  const ranked = [...countAll(captions.flat())].sort(
    ([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1),
  );
  const known = ranked.filter(([word]) => vocabulary.has(word)).length;
  return svgDocument({
    width: 2 * PANEL_WIDTH,
    height: PANEL_HEIGHT,
    description: 'The most frequent words; how often words occur, by their rank',
    content: [
      drawWordList(ranked.slice(0, NAMED_WORDS)),
      element(
        'g',
        { transform: `translate(${PANEL_WIDTH} 0)` },
        drawPanel(rankPanel(ranked, known)),
      ),
    ].join('\n'),
  });
}

function drawWordList(words: readonly (readonly [string, number])[]): string {
  const most = words[0]?.[1] ?? 1;
  const width = PANEL_WIDTH - listMargin.left - listMargin.right;
  const rows = words.map(([word, count], index) => {
    const top = listMargin.top + index * ROW_HEIGHT;
    const length = (count / most) * width;
    const small = { y: top + ROW_HEIGHT - 2.5, 'font-size': 10 };
    return [
      text(word, { ...small, x: listMargin.left - 6, 'text-anchor': 'end' }),
      element('rect', {
        x: listMargin.left,
        y: top + 1,
        width: length,
        height: ROW_HEIGHT - 2,
        fill: colourOf(0),
      }),
      text(formatTick(count), { ...small, x: listMargin.left + length + 5 }),
    ].join('');
  });
  const title = text('The most frequent words, times used', {
    x: 14,
    y: 20,
    'font-size': 14,
    'font-weight': 600,
  });
  return [title, ...rows].join('\n');
}

function rankPanel(ranked: readonly (readonly [string, number])[], known: number): Panel {
  const counts = ranked.map(([, count]) => count);
  const points = counts.map((count, index): Point => [index + 1, count]);
  return {
    title: `${formatTick(ranked.length)} different words`,
    x: { label: 'rank of a word', kind: 'log' },
    y: { label: 'times used', kind: 'log' },
    series: [
      { points: thinned(points) },
      {
        name: `vocabulary: the first ${formatTick(known)}`,
        points: [
          [Math.max(1, known), 1],
          [Math.max(1, known), counts[0] ?? 1],
        ],
        colour: INK,
        style: 'dashed',
      },
    ],
  };
}

/** Where a run of words occurs equally often, its ends draw the same line. */
function thinned(points: readonly Point[]): Point[] {
  return points.filter(
    ([, count], index) => points[index - 1]?.[1] !== count || points[index + 1]?.[1] !== count,
  );
}

function countAll<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
