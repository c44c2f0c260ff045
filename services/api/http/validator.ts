// Checks requests against the TypeBox schemas of their routes.
import type { FastifySchemaCompiler } from 'fastify';
import type Type from 'typebox';
import { Compile } from 'typebox/compile';

/** One thing that does not fit, as the error handler expects it. */
export interface ValidationFailure {
  instancePath: string;
  message: string;
}

/** Stricter than TypeBox's own conversion, which reads 3.7 as the integer 3 and `true` as 1. */
const DECIMAL = /^-?\d{1,15}(\.\d{1,30})?(e[+-]?\d{1,3})?$/i;

/**
 * For Fastify's `setValidatorCompiler`. Text from queries and forms becomes a number where one is asked for. Where the
 * schema says so, what was left blank is not given (`x-form`), and a name that came more than once is a list with commas
 * (`x-list`).
 */
export const compileValidator: FastifySchemaCompiler<Type.TSchema> = ({ schema }) => {
  const compiled = Compile(schema);
  return (input: unknown) => {
    const value = convertText(schema, input);
    if (compiled.Check(value)) return { value };
    return { error: describe(compiled.Errors(value)) as unknown as Error };
  };
};

/** For what schemas can't say. @param pointer of the part that does not fit, e.g. `/metadata` */
export function validationError(pointer: string, message: string): Error {
  const validation: ValidationFailure[] = [{ instancePath: pointer, message }];
  return Object.assign(new Error(message), { validation });
}

interface ObjectSchema {
  properties?: Record<string, PropertySchema>;
  'x-form'?: boolean;
}

interface PropertySchema {
  type?: string;
  'x-list'?: boolean;
}

function convertText(schema: Type.TSchema, input: unknown): unknown {
  const { properties, 'x-form': isForm } = schema as ObjectSchema;
  if (properties === undefined || typeof input !== 'object' || input === null) return input;
  const value = Object.assign(Object.create(null), input) as Record<string, unknown>;
  for (const [name, { type, 'x-list': isList }] of Object.entries(properties)) {
    const text = value[name];
    if ((type === 'integer' || type === 'number') && typeof text === 'string') {
      if (DECIMAL.test(text)) value[name] = Number(text);
    }
    if (isForm === true && text === '') delete value[name];
    if (isList === true && Array.isArray(text)) value[name] = text.join(',');
  }
  return value;
}

interface SchemaError {
  keyword: string;
  instancePath: string;
  params: unknown;
  message: string;
}

function describe(errors: readonly SchemaError[]): ValidationFailure[] {
  const failures = errors.flatMap(({ keyword, instancePath, params, message }) => {
    if (keyword === 'required') {
      const { requiredProperties } = params as { requiredProperties: string[] };
      return requiredProperties.map((name) => failure(`${instancePath}/${name}`, 'is missing'));
    }
    // Said once for each unknown property (`boolean`), and once for all of them.
    if (keyword === 'additionalProperties') return [];
    if (keyword === 'oneOf')
      return [failure(instancePath, 'needs exactly one of its alternatives')];
    if (keyword === 'boolean') return [failure(instancePath, 'is not known here')];
    return [failure(instancePath, message)];
  });
  return failures.length > 0 ? failures : [failure('', 'is wrong')];
}

const failure = (instancePath: string, message: string): ValidationFailure => ({
  instancePath,
  message,
});
