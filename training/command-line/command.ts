// What a sub-command of the training is, and how its options are read and explained.
import { parseArgs } from 'node:util';
import { TrainingError } from '../failure.ts';

export interface OptionDescription {
  /** One sentence; the default is added to it. */
  description: string;
  /** What stands for the value in the help, e.g. `FOLDER`. Without it the option is a switch. */
  value?: string;
  default?: string;
  /** May be given several times. */
  repeatable?: true;
}

export interface Command {
  name: string;
  /** What it does, in one sentence. */
  summary: string;
  options: Record<string, OptionDescription>;
  examples: string[];
  run(options: Options): Promise<void>;
}

export interface Options {
  /** @throws TrainingError when it was not given and has no default */
  text(name: string): string;
  optionalText(name: string): string | undefined;
  /** Of an option that may be given several times, in their order; empty when it was not given. */
  list(name: string): string[];
  /** @throws TrainingError when it is not a number within the bounds, which are inclusive */
  number(name: string, bounds: NumberBounds): number;
  /** `undefined` when it was not given and has no default. */
  optionalNumber(name: string, bounds: NumberBounds): number | undefined;
  /** @throws TrainingError that names what is allowed */
  oneOf<T extends string>(name: string, allowed: readonly T[]): T;
  flag(name: string): boolean;
}

export interface NumberBounds {
  minimum: number;
  maximum?: number;
  integer?: boolean;
}

/** @throws TrainingError on an unknown option or a missing value */
export function parseOptions(command: Command, args: string[]): Options {
  const values = readValues(command, args);
  const optionalText = (name: string) => {
    const value = values[name];
    return typeof value === 'string' ? value : command.options[name]?.default;
  };
  const text = (name: string) => {
    const value = optionalText(name);
    if (value === undefined || value === '') {
      throw new TrainingError(
        `\`${command.name}\` needs --${name} ${command.options[name]?.value}: ${command.options[name]?.description}`,
      );
    }
    return value;
  };
  const number = (
    name: string,
    { minimum, maximum = Number.POSITIVE_INFINITY, integer = false }: NumberBounds,
  ) => {
    const written = text(name);
    const value = Number(written);
    const fits = value >= minimum && value <= maximum && (!integer || Number.isInteger(value));
    if (fits) return value;
    const kind = integer ? 'a whole number' : 'a number';
    const range = Number.isFinite(maximum)
      ? `from ${minimum} to ${maximum}`
      : `of at least ${minimum}`;
    throw new TrainingError(`--${name} must be ${kind} ${range}, not '${written}'.`);
  };
  return {
    text,
    optionalText,
    list: (name) => (values[name] as string[] | undefined) ?? [],
    number,
    optionalNumber: (name, bounds) =>
      optionalText(name) === undefined ? undefined : number(name, bounds),
    oneOf(name, allowed) {
      const value = text(name);
      const found = allowed.find((candidate) => candidate === value);
      if (found) return found;
      throw new TrainingError(`--${name} must be ${allowed.join(' or ')}, not '${value}'.`);
    },
    flag: (name) => values[name] === true,
  };
}

function readValues(command: Command, args: string[]): Record<string, unknown> {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { value, repeatable = false }]) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: repeatable,
      },
    ]),
  );
  try {
    return parseArgs({ args, options, allowPositionals: false }).values;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('. ')[0] : String(cause);
    throw new TrainingError(
      `${reason}. \`npm run train -- ${command.name} --help\` lists the options.`,
      { cause },
    );
  }
}

export function helpOf(command: Command): string {
  const rows = Object.entries(command.options).map(([name, option]): [string, string] => {
    const suffix = [
      option.repeatable ? ' May be given several times.' : '',
      option.default === undefined ? '' : ` Default: ${option.default}.`,
    ].join('');
    return [`--${name}${option.value ? ` ${option.value}` : ''}`, option.description + suffix];
  });
  return [
    `npm run train -- ${command.name} [options]`,
    '',
    command.summary,
    '',
    ...table(rows),
    '',
    'Examples:',
    ...command.examples.map((example) => `  npm run train -- ${command.name} ${example}`),
  ].join('\n');
}

/** Two columns, the first as wide as its longest entry. */
export function table(rows: [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
