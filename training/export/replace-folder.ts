// A folder that is written beside its place and put there only when it is whole.
import { rename, rm, stat } from 'node:fs/promises';
import { TrainingError } from '../failure.ts';

/** @throws TrainingError when there is something already and `force` is not given */
export async function refuseToReplace(folder: string, force: boolean): Promise<void> {
  const exists = (await stat(folder).catch(() => undefined)) !== undefined;
  if (exists && !force) {
    throw new TrainingError(`${folder} exists already; give --force to replace it.`);
  }
}

/** @returns what `write` answers */
export async function replaceFolder<T>(
  folder: string,
  write: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = `${folder}.${process.pid}`;
  try {
    const written = await write(temporary);
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
    return written;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
