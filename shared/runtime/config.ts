// Settings from the environment: a schema in, typed values out, or one clear line that says what is wrong.
import { readFileSync } from 'node:fs';
import type Type from 'typebox';
import { Value } from 'typebox/value';

const booleans = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
]);

/** A setting is missing or wrong; the message is for the person who starts the service. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

/**
 * Reads the settings that a schema names from the environment.
 *
 * Names are the schema's property names; what is marked `writeOnly` may stand in a file that `<NAME>_FILE` names. An
 * empty variable counts as unset. Text becomes a number or boolean where
 * the schema asks for one; what is unset takes the schema's `default`. Variables that the schema doesn't name are
 * ignored.
 *
 * @param schema an object whose properties are the settings; one may have `problemOf`, which looks at its value and
 *   answers what is wrong with it
 * @param env usually `process.env`
 * @throws ConfigError naming every wrong setting, with what it is for; values marked `writeOnly` aren't printed
 */
export function loadConfig<T extends Type.TObject>(
  schema: T,
  env: Record<string, string | undefined>,
): Type.Static<T> {
  const given: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const text = textOf(name, property, env);
    if (text !== undefined && text !== '') given[name] = convert(text, property);
  }
  const config: unknown = Value.Default(schema, given);
  if (!Value.Check(schema, config)) throw new ConfigError(describeErrors(schema, config, given));
  const problems = ownProblems(schema, given);
  if (problems.length > 0) throw new ConfigError(problems.join(' '));
  return config;
}

/** Of settings whose schema has `problemOf`: what it says of their value, which it must not print if that is secret. */
function ownProblems(schema: Type.TObject, given: Record<string, unknown>): string[] {
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    const { problemOf }: { problemOf?: (value: unknown) => string | undefined } = property;
    const problem = given[name] === undefined ? undefined : problemOf?.(given[name]);
    return problem === undefined ? [] : `${name} ${problem}${purposeOf(property)}.`;
  });
}

const purposeOf = ({ description }: { description?: string }) =>
  description === undefined ? '' : ` (${description})`;

/** A secret may stand in a file, as Docker and Kubernetes mount them: `REDIS_URL_FILE` names that of `REDIS_URL`. */
function textOf(
  name: string,
  { writeOnly }: { writeOnly?: boolean },
  env: Record<string, string | undefined>,
): string | undefined {
  const text = env[name]?.trim();
  const file = writeOnly === true ? env[`${name}_FILE`]?.trim() : undefined;
  if (!file) return text;
  if (text) throw new ConfigError(`${name} and ${name}_FILE are both set; leave one of them out.`);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${name}_FILE names ${file}, which cannot be read (${code}).`);
  }
}

/** Text stays text, and so fails the check, when it isn't what the schema asks for: 1.5 is no integer, nor is 10x. */
function convert(text: string, property: { type?: unknown }): unknown {
  switch (property.type) {
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case 'number':
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      return booleans.get(text.toLowerCase()) ?? text;
    default:
      return text;
  }
}

function describeErrors(
  schema: Type.TObject,
  config: unknown,
  given: Record<string, unknown>,
): string {
  const wrong = new Map<string, string>();
  for (const error of Value.Errors(schema, config)) {
    const name = error.instancePath.split('/')[1] ?? missingName(error);
    if (name !== undefined && !wrong.has(name)) wrong.set(name, error.message);
  }
  return [...wrong]
    .map(([name, message]) => {
      const property: { writeOnly?: boolean; description?: string } = schema.properties[name] ?? {};
      const purpose = purposeOf(property);
      if (given[name] === undefined) return `${name} is not set${purpose}.`;
      const value = property.writeOnly === true ? '' : ` "${String(given[name])}"`;
      return `${name}${value} ${message}${purpose}.`;
    })
    .join(' ');
}

function missingName(error: { params: unknown }): string | undefined {
  const params = error.params as { requiredProperties?: string[] };
  return params.requiredProperties?.[0];
}
