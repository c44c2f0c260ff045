// Finds elements and makes them. Text stays text, whoever wrote it.

/**
 * @template {Element} E
 * @param {string} selector
 * @param {new () => E} kind e.g. `HTMLInputElement`
 * @param {ParentNode} [within] default: the page
 * @returns {E} the first that the selector names
 * @throws when there is none, or one of another kind
 */
export function find(selector, kind, within = document) {
  const found = within.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`There is no ${kind.name} at ${selector}.`);
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Partial<HTMLElementTagNameMap[T]>} [properties] of the element, `onclick` and the like among them
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** @param {string} iso @returns {string} today only the time */
export function timeOf(iso) {
  const date = new Date(iso);
  const today = date.toDateString() === new Date().toDateString();
  return (today ? TIME : DATE).format(date);
}
