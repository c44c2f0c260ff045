// `npm run train -- <command>`: the command line that makes a model from captioned photos.

import { type Command, helpOf, parseOptions, table } from './command-line/command.ts';
import { noteCommand } from './command-line/command-history.ts';
import { runFolder } from './command-line/run-folder.ts';
import { calibrateCommand } from './commands/calibrate.ts';
import { cardCommand } from './commands/card.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { exportCommand } from './commands/export.ts';
import { featuresCommand } from './commands/features.ts';
import { fitCommand } from './commands/fit.ts';
import { importKerasCommand } from './commands/import-keras.ts';
import { kindsCommand } from './commands/kinds.ts';
import { prepareCommand } from './commands/prepare.ts';
import { TrainingError } from './failure.ts';

const commands: Command[] = [
  prepareCommand,
  featuresCommand,
  fitCommand,
  exportCommand,
  importKerasCommand,
  evaluateCommand,
  kindsCommand,
  calibrateCommand,
  cardCommand,
];

function overview(): string {
  return [
    'npm run train -- <command> [options]',
    '',
    ...table(commands.map(({ name, summary }) => [name, summary])),
    '',
    'npm run train -- <command> --help lists the options of a command.',
  ].join('\n');
}

async function main([name, ...args]: string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === 'help') {
    console.log(overview());
    return;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) {
    const known = commands.map((candidate) => candidate.name).join(', ');
    throw new TrainingError(`There is no command '${name}'; the commands are ${known}.`);
  }
  if (args.includes('--help')) console.log(helpOf(command));
  else {
    const options = parseOptions(command, args);
    await command.run(options);
    if ('run' in command.options)
      await noteCommand(runFolder(options).root, { command: name, args });
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Error) || process.env.LOG_LEVEL === 'debug') throw error;
  console.error(error.message);
  process.exitCode = 1;
}
