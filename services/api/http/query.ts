// Reads the query of an address as forms send it: what was left blank was not given.
import { type ParsedUrlQuery, parse } from 'node:querystring';

/** For Fastify's `querystringParser`. A name that comes more than once is a list. */
export function parseQuery(text: string): ParsedUrlQuery {
  const query = parse(text);
  for (const [name, value] of Object.entries(query)) {
    if (value === '') delete query[name];
  }
  return query;
}
