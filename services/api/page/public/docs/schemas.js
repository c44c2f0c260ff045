// Draws the JSON schemas of bodies, parameters and headers.
import { element } from '../common/element.js';

/**
 * @typedef {object} Schema
 * @property {string} [type]
 * @property {string} [description]
 * @property {Record<string, Schema>} [properties]
 * @property {string[]} [required]
 * @property {Schema} [items]
 * @property {Schema[]} [anyOf]
 * @property {unknown} [const]
 * @property {unknown[]} [enum]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {unknown} [default]
 * @property {string} [contentMediaType]
 *
 * @typedef {object} Field a row in a list of parameters, headers or properties
 * @property {string} name
 * @property {string | undefined} [place] of a parameter
 * @property {boolean | undefined} [required]
 * @property {Schema | undefined} schema
 * @property {string | undefined} description
 */

/** @param {Schema} [schema] @returns {HTMLElement} */
export function drawSchema(schema = {}) {
  const inner = objectOf(schema);
  if (inner === undefined) {
    return element('p', {}, kind('span', schema), ' ', ...marked(schema.description));
  }
  return drawFields(
    Object.entries(inner.properties ?? {}).map(([name, property]) => ({
      name,
      required: inner.required?.includes(name),
      schema: property,
      description: property.description,
    })),
  );
}

/** @param {Field[]} fields */
export function drawFields(fields) {
  return element(
    'dl',
    { className: 'fields' },
    ...fields.flatMap(({ name, place, required, schema, description }) => [
      element(
        'dt',
        {},
        element('code', {}, name),
        ' ',
        kind('small', schema),
        element('small', {}, place ? `, ${place}` : '', required ? ', required' : ''),
      ),
      element('dd', {}, ...marked(description), ...(objectOf(schema) ? [drawSchema(schema)] : [])),
    ]),
  );
}

/**
 * The object in a schema: itself, an array's items, or the one alternative that is an object.
 *
 * @param {Schema} [schema]
 * @returns {Schema | undefined}
 */
function objectOf(schema = {}) {
  if (schema.properties) return schema;
  if (schema.items) return objectOf(schema.items);
  return schema.anyOf?.map(objectOf).find(Boolean);
}

/**
 * @param {'small' | 'span'} tag
 * @param {Schema} [schema]
 */
const kind = (tag, schema) => element(tag, { className: 'kind' }, typeOf(schema));

/** @param {Schema} [schema] @returns {string} */
function typeOf(schema = {}) {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`;
  const { minimum, maximum, default: fallback } = schema;
  const range = [minimum, maximum].some((end) => end !== undefined)
    ? ` ${minimum ?? ''}…${maximum ?? ''}`
    : '';
  const otherwise = fallback === undefined ? '' : `, else ${JSON.stringify(fallback)}`;
  return `${schema.type ?? (schema.contentMediaType ? 'bytes' : 'any')}${range}${otherwise}`;
}

/** @param {string} [text] in which `backticks` mark code */
export function marked(text = '') {
  return text.split('`').map((part, i) => (i % 2 === 1 ? element('code', {}, part) : part));
}
