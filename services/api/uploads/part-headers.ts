// Reads headers as mail and browsers write them: folded lines, and parameters with spaces, quotes and escapes.

/** `; name="value"` or `; name=value`; white space may stand round `=`. Every byte is looked at a few times at most. */
const PARAMETER = /;\s*([^=;\s"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g;

/**
 * @returns by name in lower case, each without the white space round it; undefined when a line is no header
 * @see RFC 5322, 2.2.3, for lines that are folded
 */
export function readHeaders(text: string): Map<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const line of text.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const [, name, value = ''] = /^([\w!#$%&'*+.^`|~-]+):(.*)$/s.exec(line) ?? [];
    if (name === undefined) return undefined;
    headers.set(name.toLowerCase(), value.trim());
  }
  return headers;
}

/**
 * @param value e.g. `form-data; name="image"`
 * @returns by name in lower case; of two with one name the first. Browsers write a quote within quotes as `%22`, which
 *   stays; others escape it (RFC 9110, 5.6.4).
 */
export function readParameters(value: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, token = ''] of value.matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(["\\])/g, '$1') ?? token);
  }
  return parameters;
}
