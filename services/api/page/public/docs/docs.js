// Draws /openapi.json for people. Everything in it is put in as text.
const about = document.querySelector('#about');
const contents = document.querySelector('#contents');
const operations = document.querySelector('#operations');

/** @param {object} api an OpenAPI 3.1 document */
function draw({ info, tags, paths, components }) {
  about.replaceChildren(`Version ${info.version}. `, ...marked(info.description));
  const key = components?.securitySchemes?.key?.description;
  if (key) about.after(element('p', {}, marked(key)));
  for (const { name, description } of tags) {
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, operation]) => operation.tags?.includes(name))
        .map(([method, operation]) => ({ method, path, operation })),
    );
    if (calls.length === 0) continue;
    contents.append(element('a', { href: `#${name}` }, [name]));
    operations.append(
      element('h2', { id: name }, [name]),
      element('p', {}, marked(description)),
      ...calls.map(drawOperation),
    );
  }
  // The address may name an operation that has only now been drawn.
  const named = location.hash && document.getElementById(location.hash.slice(1));
  if (named) {
    if (named.localName === 'details') named.open = true;
    named.scrollIntoView();
  }
}

function drawOperation({ method, path, operation }) {
  const { operationId, summary, description, security, parameters, requestBody, responses } =
    operation;
  const scope = security?.[0]?.key?.[0];
  const parts = [element('p', {}, marked(description))];
  if (scope) parts.push(element('p', {}, marked(`Needs a key with the scope \`${scope}\`.`)));
  parts.push(element('pre', {}, [example({ method, path, requestBody })]));
  if (parameters?.length) {
    parts.push(element('h3', {}, ['Parameters']), drawFields(parameters.map(fromParameter)));
  }
  for (const [type, { schema }] of Object.entries(requestBody?.content ?? {})) {
    parts.push(element('h3', {}, ['Body, ', element('code', {}, [type])]), drawSchema(schema));
  }
  for (const [status, response] of Object.entries(responses ?? {})) {
    parts.push(element('h3', {}, [status]), element('p', {}, marked(response.description)));
    const headers = Object.entries(response.headers ?? {}).map(([name, header]) => ({
      name,
      schema: header.schema ?? header,
      description: header.description,
    }));
    if (headers.length > 0) parts.push(drawFields(headers));
    for (const [type, { schema }] of Object.entries(response.content ?? {})) {
      // Every problem has the same fields, told once in the guide.
      if (type === 'application/problem+json') continue;
      parts.push(
        element('details', {}, [
          element('summary', {}, [element('code', {}, [type])]),
          drawSchema(schema),
        ]),
      );
    }
  }
  return element('details', { class: 'operation', id: operationId }, [
    element('summary', {}, [
      element('code', { class: 'method' }, [method.toUpperCase()]),
      element('code', {}, [path]),
      element('span', { class: 'summary' }, [summary ?? '']),
    ]),
    element('div', {}, parts),
  ]);
}

const fromParameter = ({ name, in: place, required, schema, description }) => ({
  name,
  note: place,
  required,
  schema,
  description: description ?? schema?.description,
});

/** A command that can be pasted, but for what only the reader knows. */
function example({ method, path, requestBody }) {
  const types = Object.keys(requestBody?.content ?? {});
  const lines = [`curl${method === 'get' ? '' : ` -X ${method.toUpperCase()}`}`];
  if (types.includes('multipart/form-data')) lines.push('-F image=@photo.jpg');
  else if (types.includes('application/json')) {
    lines.push("-H 'Content-Type: application/json' -d '{…}'");
  }
  return [...lines, `'${location.origin}${path}'`].join(' ');
}

function drawSchema(schema = {}) {
  const inner = objectOf(schema);
  if (inner === undefined) {
    return element('p', {}, [kind('p', schema), ' ', ...marked(schema.description)]);
  }
  return drawFields(
    Object.entries(inner.properties).map(([name, property]) => ({
      name,
      required: inner.required?.includes(name),
      schema: property,
      description: property.description,
    })),
  );
}

function drawFields(fields) {
  return element(
    'dl',
    { class: 'fields' },
    fields.flatMap(({ name, note, required, schema, description }) => [
      element('dt', {}, [
        element('code', {}, [name]),
        ' ',
        kind('small', schema),
        element('small', {}, [
          [note, required && 'required']
            .filter(Boolean)
            .map((t) => `, ${t}`)
            .join(''),
        ]),
      ]),
      element('dd', {}, [
        ...marked(description),
        ...(objectOf(schema) ? [drawSchema(schema)] : []),
      ]),
    ]),
  );
}

/** The object in a schema: itself, an array's items, or the one alternative that is an object. */
function objectOf(schema = {}) {
  if (schema.properties) return schema;
  if (schema.items) return objectOf(schema.items);
  return schema.anyOf?.map(objectOf).find(Boolean);
}

const kind = (name, schema) => element(name, { class: 'kind' }, [typeOf(schema)]);

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

/** Text in which `backticks` mark code. */
function marked(text = '') {
  return text.split('`').map((part, i) => (i % 2 === 1 ? element('code', {}, [part]) : part));
}

function element(name, attributes, children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

try {
  const response = await fetch('/openapi.json');
  if (!response.ok) throw new Error(`/openapi.json answered ${response.status}.`);
  draw(await response.json());
} catch (error) {
  about.textContent = `The description could not be read: ${error.message}`;
}
document.querySelector('main').removeAttribute('aria-busy');
