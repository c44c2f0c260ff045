// The commands that made what a run's folder holds, in commands.jsonl: the model card repeats them.
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';

export interface PastCommand {
  command: string;
  /** As they were given. */
  args: string[];
}

const historyFile = (run: string) => path.join(run, 'commands.jsonl');

/** @param run the run's folder; nothing is noted where the command left none */
export async function noteCommand(run: string, { command, args }: PastCommand): Promise<void> {
  const entry = { at: new Date().toISOString(), command, args };
  await appendFile(historyFile(run), `${JSON.stringify(entry)}\n`).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** In the order they ended, a repeated one only where it came last. */
export async function readCommands(run: string): Promise<PastCommand[]> {
  const content = await readFile(historyFile(run), 'utf8').catch(() => '');
  const commands = new Map<string, PastCommand>();
  for (const line of content.split('\n').filter(Boolean)) {
    const { command, args } = JSON.parse(line) as PastCommand;
    const key = JSON.stringify([command, args]);
    commands.delete(key);
    commands.set(key, { command, args });
  }
  return [...commands.values()];
}
