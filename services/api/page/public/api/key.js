// The API key: asked for when the service wants one, kept until the tab is closed and nowhere else.
import { find } from '../common/element.js';

const NAME = 'caption-queue-key';
/** @type {Promise<boolean> | undefined} */
let asking;

/** @returns {Record<string, string>} the header to send, `authorization`, if any */
export function authorization() {
  const key = sessionStorage.getItem(NAME);
  return key ? { authorization: `Bearer ${key}` } : {};
}

/**
 * Shows the dialog, once for all who ask at the same time.
 *
 * @param {string} reason the service's words
 * @param {Record<string, string>} sent what was refused; when another key was entered meanwhile, nobody is asked
 * @returns {Promise<boolean>} is there a key to try?
 */
export async function wantKey(reason, sent) {
  if (authorization().authorization !== sent.authorization) return true;
  asking ??= askForKey(reason).finally(() => {
    asking = undefined;
  });
  return asking;
}

/** @param {string} reason @returns {Promise<boolean>} was one given? */
function askForKey(reason) {
  const dialog = find('#key-dialog', HTMLDialogElement);
  const input = find('input', HTMLInputElement, dialog);
  find('.reason', HTMLElement, dialog).textContent = reason;
  input.value = '';
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      'close',
      () => {
        const given = dialog.returnValue === 'use' && input.value.trim() !== '';
        if (given) sessionStorage.setItem(NAME, input.value.trim());
        resolve(given);
      },
      { once: true },
    );
  });
}
