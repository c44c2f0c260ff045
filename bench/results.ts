// What a measurement leaves behind: tables for people on the screen, and the same rows with the hardware as JSON.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describeHardware } from './hardware.ts';
import { formatTable, type Row } from './table.ts';

export interface Results {
  /** Prints a table, and keeps it for the file. */
  show(title: string, rows: Row[]): void;
  /** Writes `<time>[-name].json` into the folder. */
  write(): Promise<void>;
}

/** Prints what machine it is. */
export function startResults(options: { folder: string; name?: string }): Results {
  const hardware = describeHardware();
  const { cpu, cores, memoryGib, vnni, node } = hardware;
  console.log(
    `${cpu}, ${cores} cores, ${memoryGib} GiB, VNNI ${vnni ? 'yes' : 'no'}, Node ${node}`,
  );
  const tables: Record<string, Row[]> = {};
  return {
    show(title, rows) {
      tables[title] = rows;
      console.log(formatTable(title, rows));
    },
    async write() {
      const measuredAt = new Date().toISOString();
      const name = [measuredAt.replaceAll(':', '-'), options.name].filter(Boolean).join('-');
      const file = path.join(options.folder, `${name}.json`);
      await mkdir(options.folder, { recursive: true });
      await writeFile(file, `${JSON.stringify({ measuredAt, hardware, tables }, null, 2)}\n`);
      console.log(`\nWritten to ${file}`);
    },
  };
}
