// Draws /openapi.json for people. Everything in it is put in as text.
import { messageOf } from '../api/api.js';
import { element, find } from '../common/element.js';
import { drawFields, drawSchema, marked } from './schemas.js';

/** @import { Field, Schema } from './schemas.js' */

/**
 * What is read of an OpenAPI 3.1 document.
 *
 * @typedef {object} OpenApi
 * @property {{ version: string, description?: string }} info
 * @property {{ name: string, description?: string }[]} tags
 * @property {Record<string, Record<string, Operation>>} paths by address, then by method
 * @property {{ securitySchemes?: Record<string, { description?: string }> }} [components]
 *
 * @typedef {object} Operation
 * @property {string} operationId
 * @property {string} [summary]
 * @property {string} [description]
 * @property {string[]} [tags]
 * @property {Record<string, string[]>[]} [security]
 * @property {Parameter[]} [parameters]
 * @property {Body} [requestBody]
 * @property {Record<string, Body & { description?: string, headers?: Record<string, Header> }>} [responses]
 *
 * @typedef {{ content?: Record<string, { schema?: Schema }> }} Body by media type
 * @typedef {{ name: string, in: string, required?: boolean, schema?: Schema, description?: string }} Parameter
 * @typedef {{ schema?: Schema, description?: string }} Header
 *
 * @typedef {{ method: string, path: string, operation: Operation }} Call
 */

const about = find('#about', HTMLElement);
const contents = find('#contents', HTMLElement);
const operations = find('#operations', HTMLElement);

/** @param {OpenApi} api */
function draw({ info, tags, paths, components }) {
  about.replaceChildren(`Version ${info.version}. `, ...marked(info.description));
  const key = components?.securitySchemes?.key?.description;
  if (key) about.after(element('p', {}, ...marked(key)));
  for (const { name, description } of tags) {
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, operation]) => operation.tags?.includes(name))
        .map(([method, operation]) => ({ method, path, operation })),
    );
    if (calls.length === 0) continue;
    contents.append(element('a', { href: `#${name}` }, name));
    operations.append(
      element('h2', { id: name }, name),
      element('p', {}, ...marked(description)),
      ...calls.map(drawOperation),
    );
  }
  // The address may name an operation that has only now been drawn.
  const named = location.hash && document.getElementById(location.hash.slice(1));
  if (named) {
    if (named instanceof HTMLDetailsElement) named.open = true;
    named.scrollIntoView();
  }
}

/** @param {Call} call */
function drawOperation({ method, path, operation }) {
  const { operationId, summary, description, security, parameters, requestBody, responses } =
    operation;
  const scope = security?.[0]?.key?.[0];
  /** @type {HTMLElement[]} */
  const parts = [element('p', {}, ...marked(description))];
  if (scope) parts.push(element('p', {}, ...marked(`Needs a key with the scope \`${scope}\`.`)));
  parts.push(element('pre', {}, example({ method, path, operation })));
  if (parameters?.length) {
    parts.push(element('h3', {}, 'Parameters'), drawFields(parameters.map(fromParameter)));
  }
  for (const [type, { schema }] of Object.entries(requestBody?.content ?? {})) {
    parts.push(element('h3', {}, 'Body, ', element('code', {}, type)), drawSchema(schema));
  }
  for (const [status, response] of Object.entries(responses ?? {})) {
    parts.push(element('h3', {}, status), element('p', {}, ...marked(response.description)));
    const headers = Object.entries(response.headers ?? {}).map(([name, header]) => ({
      name,
      schema: header.schema,
      description: header.description,
    }));
    if (headers.length > 0) parts.push(drawFields(headers));
    for (const [type, { schema }] of Object.entries(response.content ?? {})) {
      // Every problem has the same fields, told once in the guide.
      if (type === 'application/problem+json') continue;
      parts.push(
        element(
          'details',
          {},
          element('summary', {}, element('code', {}, type)),
          drawSchema(schema),
        ),
      );
    }
  }
  return element(
    'details',
    { className: 'operation', id: operationId },
    element(
      'summary',
      {},
      element('code', { className: 'method' }, method.toUpperCase()),
      element('code', {}, path),
      element('span', { className: 'summary' }, summary ?? ''),
    ),
    element('div', {}, ...parts),
  );
}

/** @param {Parameter} parameter @returns {Field} */
const fromParameter = ({ name, in: place, required, schema, description }) => ({
  name,
  place,
  required,
  schema,
  description: description ?? schema?.description,
});

/**
 * A command that can be pasted, but for what only the reader knows.
 *
 * @param {Call} call
 */
function example({ method, path, operation }) {
  const types = Object.keys(operation.requestBody?.content ?? {});
  const lines = [`curl${method === 'get' ? '' : ` -X ${method.toUpperCase()}`}`];
  if (types.includes('multipart/form-data')) lines.push('-F image=@photo.jpg');
  else if (types.includes('application/json')) {
    lines.push("-H 'Content-Type: application/json' -d '{…}'");
  }
  return [...lines, `'${location.origin}${path}'`].join(' ');
}

try {
  const response = await fetch('/openapi.json');
  if (!response.ok) throw new Error(`/openapi.json answered ${response.status}.`);
  draw(await response.json());
} catch (error) {
  about.textContent = `The description could not be read: ${messageOf(error)}`;
}
find('main', HTMLElement).removeAttribute('aria-busy');
