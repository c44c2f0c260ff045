// Prometheus' text → numbers.

/** @typedef {{ name: string, labels: Record<string, string>, value: number }} Sample */

/** @param {string} text @returns {Sample[]} */
export function parseMetrics(text) {
  return [...text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/gm)].map(
    ([, name = '', labels = '', value]) => ({
      name,
      labels: Object.fromEntries(
        [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]),
      ),
      value: Number(value),
    }),
  );
}

/**
 * @param {Sample[]} samples
 * @param {string} name
 * @param {Record<string, string>} [labels]
 * @returns {number} of all samples of that name whose labels match
 */
export function sumOf(samples, name, labels = {}) {
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) =>
      Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )
    .reduce((sum, { value }) => sum + value, 0);
}
