// JSON that others wrote, an older release or a cut-off write: what doesn't fit is nothing, never an error.
import type Type from 'typebox';
import { Value } from 'typebox/value';

/** @returns undefined when it is no JSON, or not of the schema's shape */
export function parseJson<T extends Type.TSchema>(
  schema: T,
  text: string,
): Type.Static<T> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(schema, value) ? value : undefined;
  } catch {
    return undefined;
  }
}
