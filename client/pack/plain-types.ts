// Writes the contract's schemas as plain TypeScript, so that whoever installs the client needs no schema library.

/** Of JSON Schema, what the contract is made of; anything else is refused. */
interface Schema {
  type?: string;
  description?: string;
  const?: string;
  enum?: readonly string[];
  anyOf?: readonly Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  patternProperties?: Record<string, Schema>;
}

const plain: Record<string, string> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
};

/**
 * @param named in the order in which they are written; where one occurs within another it is called by its name
 * @returns the text of a declaration file that exports them all
 * @throws Error for a schema of another kind
 */
export function writeTypes(named: Record<string, object>): string {
  const names = new Map(Object.entries(named).map(([name, schema]) => [identify(schema), name]));

  function write(schema: Schema): string {
    return names.get(identify(schema)) ?? writeOut(schema);
  }

  function writeOut(schema: Schema): string {
    const { type = '', const: constant, enum: values, anyOf, items, patternProperties } = schema;
    if (constant !== undefined) return JSON.stringify(constant);
    if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' | ');
    if (anyOf !== undefined) return anyOf.map(write).join(' | ');
    if (type === 'array' && items !== undefined) return `Array<${write(items)}>`;
    const [pattern] = Object.values(patternProperties ?? {});
    if (pattern !== undefined) return `Record<string, ${write(pattern)}>`;
    if (type === 'object') return writeObject(schema);
    if (Object.keys(schema).every((key) => key === 'description')) return 'unknown';
    const name = plain[type];
    if (name === undefined) throw new Error(`This schema has no plain type: ${identify(schema)}`);
    return name;
  }

  function writeObject({ properties = {}, required = [] }: Schema): string {
    if (Object.keys(properties).length === 0) return 'object';
    const lines = Object.entries(properties).map(([key, schema]) => {
      const mark = required.includes(key) ? '' : '?';
      return `${comment(schema)}${key}${mark}: ${write(schema)};\n`;
    });
    return `{\n${lines.join('').replace(/^(?=.)/gm, '  ')}}`;
  }

  return Object.entries(named)
    .map(([name, schema]) => `${comment(schema)}export type ${name} = ${writeOut(schema)};\n`)
    .join('\n');
}

/** By what it says: an optional property's schema is a copy. */
const identify = (schema: object) => JSON.stringify(schema);

const comment = ({ description }: Schema) =>
  description === undefined ? '' : `/** ${description.replaceAll('*/', '*\\/')} */\n`;
