// Texts for the clipboard.
import { find } from './element.js';

/** @import { PictureSource } from '../pictures/picture.js' */

const COPIED_MS = 1600;

/**
 * The clipboard API exists only on https and localhost; elsewhere the text is selected and copied the old way.
 *
 * @param {string} text
 */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

/**
 * Copies, and says so: on the button for a moment, and aloud.
 *
 * @param {HTMLElement} button
 * @param {string} text
 */
export async function copyFrom(button, text) {
  const { label = button.textContent ?? '' } = button.dataset;
  button.dataset.label = label;
  button.textContent = await copy(text).then(
    () => 'Copied',
    () => 'Not allowed',
  );
  find('#announcer', HTMLElement).textContent = button.textContent;
  setTimeout(() => {
    button.textContent = label;
  }, COPIED_MS);
}

/** @param {string} text @returns {string} an attribute as it stands in HTML */
export const altAttribute = (text) =>
  `alt="${text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`;

/** @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * @param {{ name: string, source?: PictureSource | undefined }} picture
 * @param {boolean} withKey
 * @returns {string} the command that asks the same; the key stays a variable
 */
export function curlOf({ name, source }, withKey) {
  const url = source?.url;
  // In quotes of its own, since curl reads options after a semicolon.
  const file = /[;,"\\]/.test(name) ? `"${name.replaceAll(/["\\]/g, '\\$&')}"` : name;
  return [
    "curl -H 'Prefer: wait=30'",
    withKey && '-H "Authorization: Bearer $CAPTION_KEY"',
    url ? `--json ${quoted(JSON.stringify({ image_url: url }))}` : `-F ${quoted(`image=@${file}`)}`,
    quoted(`${location.origin}/v1/captions`),
  ]
    .filter(Boolean)
    .join(' ');
}
