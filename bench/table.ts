// Results as text for people; the same rows go into the JSON file.

export type Row = Record<string, string | number | null>;

/** A heading and a Markdown table. Numbers are right-aligned and rounded to three significant digits. */
export function formatTable(title: string, rows: Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => columns.map((column) => formatCell(row[column] ?? null)));
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...cells.map((row) => (row[i] as string).length)),
  );
  const isNumeric = columns.map((column) => rows.every((row) => typeof row[column] !== 'string'));
  const line = (values: string[]) =>
    `| ${values.map((value, i) => (isNumeric[i] ? value.padStart(widths[i] as number) : value.padEnd(widths[i] as number))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (isNumeric[i] ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
  return [`\n## ${title}`, '', line(columns), rule, ...cells.map(line)].join('\n');
}

function formatCell(value: string | number | null): string {
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
