// Command-line options of the benches: their help is written from what is parsed.
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** `about` says what it is for; options without a default are optional. */
export type Options = Record<string, { about: string; default?: string }>;

/** Reads the arguments. `--help` prints what there is and ends the process; a wrong one ends it with one line and 2. */
export function readOptions<const O extends Options>(
  command: string,
  options: O,
): { [Name in keyof O]: O[Name] extends { default: string } ? string : string | undefined } {
  const config: ParseArgsConfig['options'] = { help: { type: 'boolean' } };
  for (const [name, option] of Object.entries(options)) {
    config[name] = {
      type: 'string',
      ...(option.default !== undefined && { default: option.default }),
    };
  }
  try {
    const { values } = parseArgs({ options: config });
    if (values.help) {
      console.log(helpOf(command, options));
      process.exit(0);
    }
    return values as ReturnType<typeof readOptions<O>>;
  } catch (error) {
    console.error(`${(error as Error).message}\nSee ${command} -- --help.`);
    process.exit(2);
  }
}

function helpOf(command: string, options: Options): string {
  const width = Math.max(...Object.keys(options).map((name) => name.length)) + 4;
  const lines = Object.entries(options).map(([name, { about, default: value }]) => {
    const usual = value === undefined ? '' : ` (default: ${value})`;
    return `  --${name.padEnd(width)}${about}${usual}`;
  });
  return [`${command} -- [options]`, '', ...lines].join('\n');
}
