// The report for people: a table of the texts, then what was left out and why.
import { type PictureKind, pictureKinds } from '@caption-queue/contract/kind';
import type { ImageResult, Outcome, PageResult } from './fill-page.ts';
import { skipReasons } from './skip-image.ts';
import { warningTexts } from './warnings.ts';

/** Of most names and texts; longer ones push the rest of their row to the right. */
const COLUMN_WIDTHS = [28, 28, 48];

export function tableHead(): string {
  return row('FILE:LINE', 'IMAGE', 'ALT TEXT', 'CONFIDENCE');
}

export function tableRows(page: PageResult): string[] {
  return located([page]).flatMap(({ place, src, outcome }) => {
    if (outcome.kind !== 'text') return [];
    const { altText, caption, confidence } = outcome;
    // Other texts than the caption are chosen by a chance of their own, which is not told.
    return row(place, src, altText, altText === caption ? percent(confidence) : '–');
  });
}

/** Everything that the table does not say. */
export function summary(pages: readonly PageResult[], { write }: { write: boolean }): string[] {
  const images = located(pages);
  const failures = [
    ...images.flatMap(({ place, src, outcome }) =>
      outcome.kind === 'failed' ? `${place}  ${src}: ${outcome.error}` : [],
    ),
    ...pages.flatMap(({ file, error }) => (error === undefined ? [] : `${file}: ${error}`)),
  ];
  const unsure = images.flatMap(({ place, src, outcome }) =>
    outcome.kind === 'unsure'
      ? `${place}  ${src}: "${outcome.caption}" (${percent(outcome.confidence)})`
      : [],
  );
  return [
    ...list('Left as they are, since nothing is sure enough; the captions were', unsure),
    ...pictureKinds.flatMap((kind) => list(graphicTitles[kind], placesOf(images, kind))),
    ...list('Failed', failures),
    ...skipped(images.map(({ outcome }) => outcome)),
    ...warned(images),
    ...languageNote(pages),
    '',
    ...totals(pages, write),
  ].map(printable);
}

/** What is left to whoever knows what it is for. */
const graphicTitles: Record<PictureKind, string> = {
  photo: 'Photos, left as they are',
  drawing: 'Drawings, left as they are: describe them yourself',
  screenshot: 'Screenshots, left as they are: describe them yourself',
  chart: 'Charts and maps, left as they are: describe them yourself',
  document: 'Documents, left as they are: say what stands in them',
  blank: 'Nothing to see in them, probably decoration: alt="" would say so',
};

const placesOf = (images: readonly Located[], kind: PictureKind) =>
  images.flatMap(({ place, src, outcome }) =>
    outcome.kind === 'graphic' && outcome.picture === kind ? `${place}  ${src}` : [],
  );

type Located = ImageResult & { place: string };

const located = (pages: readonly PageResult[]): Located[] =>
  pages.flatMap(({ file, images }) =>
    images.map((image) => ({ ...image, place: `${file}:${image.line}` })),
  );

function row(...cells: string[]): string {
  return printable(cells.map((cell, i) => cell.padEnd(COLUMN_WIDTHS[i] ?? 0)).join('  '));
}

const percent = (confidence: number | null) => confidence?.toFixed(2) ?? '–';

/** Names come from files and could hold what a terminal obeys. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd');
}

function list(title: string, lines: string[]): string[] {
  return lines.length === 0
    ? []
    : ['', `${title} (${lines.length}):`, ...lines.map((line) => `  ${line}`)];
}

function skipped(outcomes: Outcome[]): string[] {
  const reasons = outcomes.flatMap((outcome) => (outcome.kind === 'skipped' ? outcome.reason : []));
  const lines = Object.entries(skipReasons).flatMap(([reason, text]) => {
    const count = reasons.filter((other) => other === reason).length;
    return count === 0 ? [] : [`  ${count} ${text}`];
  });
  return lines.length === 0 ? [] : ['', `Skipped (${reasons.length}):`, ...lines];
}

function warned(images: Located[]): string[] {
  return Object.entries(warningTexts).flatMap(([warning, text]) =>
    list(
      `Look at each that ${text}`,
      images.flatMap(({ warnings, place, src, language }) => {
        if (!warnings.some((other) => other === warning)) return [];
        return `${place}  ${src}${warning === 'foreign_language' ? ` (${language})` : ''}`;
      }),
    ),
  );
}

function languageNote(pages: readonly PageResult[]): string[] {
  const silent = pages.filter(({ images }) =>
    images.some(({ outcome, language }) => outcome.kind === 'text' && language === ''),
  ).length;
  if (silent === 0) return [];
  return ['', `${plural(silent, 'page')} of no declared language: the texts are English.`];
}

function totals(pages: readonly PageResult[], write: boolean): string[] {
  const sum = (count: (page: PageResult) => number) =>
    pages.reduce((total, page) => total + count(page), 0);
  const texts = (page: PageResult) =>
    page.images.filter(({ outcome }) => outcome.kind === 'text').length;
  const changed = pages.filter((page) => (write ? page.written : texts(page) > 0));
  const filled = changed.reduce((total, page) => total + texts(page), 0);
  const where = `${plural(filled, 'alt text')} in ${plural(changed.length, 'page')} of ${pages.length}`;
  const described = sum((page) => page.described);
  const empty = sum((page) => page.empty);
  return [
    `${plural(described, 'image')} had an alt text, ${empty} an empty one (decoration).`,
    write
      ? `Wrote ${where}.`
      : `Would write ${where}. Nothing was changed${filled > 0 ? ': --write writes them' : ''}.`,
  ];
}

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
