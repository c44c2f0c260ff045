// The little Markdown that a model card is made of.

/** @returns '' when there is no row */
export function markdownTable(header: readonly string[], rows: readonly string[][]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

export const image = (description: string, file: string): string => `![${description}](${file})`;

const FENCE = '```';

export const codeBlock = (language: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : [`${FENCE}${language}`, ...lines, FENCE].join('\n');

/** `6,000` */
export const count = (value: number): string => value.toLocaleString('en-GB');

/** `0.489` */
export const score = (value: number): string => value.toFixed(3);

/** Joins what is there by blank lines. */
export const paragraphs = (...parts: string[]): string => parts.filter(Boolean).join('\n\n');
