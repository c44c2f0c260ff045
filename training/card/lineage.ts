// Which commands of a run made a bundle: its model may have begun with the weights of another.
import path from 'node:path';
import { bundleDirectory } from '@caption-queue/model/bundle';
import type { PastCommand } from '../command-line/command-history.ts';
import { modelNames } from '../fit/model-soup.ts';

/** The value that was given to `--name`. */
function optionOf({ args }: PastCommand, name: string): string | undefined {
  const at = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  const found = args[at];
  return found?.includes('=') ? found.slice(found.indexOf('=') + 1) : args[at + 1 || args.length];
}

/** The last `fit` that trained the model. */
function fitOf(commands: readonly PastCommand[], model: string): PastCommand | undefined {
  return commands.findLast(
    (entry) =>
      entry.command === 'fit' &&
      (optionOf(entry, 'model') ?? optionOf(entry, 'decoder') ?? 'attention') === model,
  );
}

/**
 * The model and those it began with, the first one first.
 * @param model of several, by comma, the weights were averaged
 */
export function lineageOf(commands: readonly PastCommand[], model: string): string[] {
  const lineage = new Set<string>();
  const visited = new Set<string>();
  const visit = (name: string) => {
    if (visited.has(name)) return;
    visited.add(name);
    const fit = fitOf(commands, name);
    const from = fit && optionOf(fit, 'from');
    if (from !== undefined) visit(from);
    lineage.add(name);
  };
  modelNames(model).forEach(visit);
  return [...lineage];
}

/** What to run to make the bundle again, in order. */
export function commandsFor(
  commands: readonly PastCommand[],
  { lineage, bundle }: { lineage: readonly string[]; bundle: string },
): PastCommand[] {
  const fits = lineage.map((model) => fitOf(commands, model));
  const names = (entry: PastCommand, option: string) => {
    const named = optionOf(entry, option);
    return named !== undefined && bundleDirectory(named) === bundle;
  };
  const last = (isMeant: (entry: PastCommand) => boolean) => commands.findLast(isMeant);
  return [
    last(({ command }) => command === 'prepare'),
    ...commands.filter(({ command }) => command === 'features'),
    ...fits,
    last((entry) => entry.command === 'export' && names(entry, 'output')),
    ...['kinds', 'calibrate'].map((command) =>
      last(
        (entry) =>
          entry.command === command && names(entry, 'bundle') && !entry.args.includes('--dry-run'),
      ),
    ),
    last(
      (entry) =>
        entry.command === 'evaluate' && names(entry, 'bundle') && entry.args.includes('--record'),
    ),
  ].filter((entry) => entry !== undefined);
}

/** As it is typed. Where files lay on this machine is nobody's business. */
export function commandLine({ command, args }: PastCommand): string {
  const words = args.map((arg) => {
    const shown = path.isAbsolute(arg) ? `path/to/${path.basename(arg)}` : arg;
    return /^[\w./:=,@%+-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
  });
  return ['npm run train --', command, ...words].join(' ');
}
