// The ways in: pictures that are chosen, dropped or pasted, and addresses that are typed, dropped or pasted.
import { find } from '../common/element.js';

/** @import { PictureSource } from '../pictures/picture.js' */

/**
 * @param {object} options
 * @param {(sources: PictureSource[]) => void} options.onSources
 * @param {(text: string) => void} options.onNothing says why nothing came of it
 */
export function listenForPictures({ onSources, onNothing }) {
  /** @param {FileList} files */
  function takeFiles(files) {
    const all = [...files];
    const pictures = all.filter(({ type }) => type === '' || type.startsWith('image/'));
    const others = all.length - pictures.length;
    onNothing(others === 0 ? '' : `Only pictures can be captioned; ${left(others)}.`);
    if (pictures.length > 0) onSources(pictures.map((file) => ({ file })));
  }

  /**
   * @param {string} text
   * @param {string} otherwise what to say when there is no address in it
   * @returns {boolean} was there one?
   */
  function takeText(text, otherwise) {
    const urls = text
      .split(/\s+/)
      .filter((word) => /^https?:\/\//i.test(word) && URL.canParse(word));
    onNothing(urls.length > 0 ? '' : otherwise);
    if (urls.length > 0) onSources(urls.map((url) => ({ url })));
    return urls.length > 0;
  }

  const input = find('#files', HTMLInputElement);
  input.addEventListener('change', () => {
    if (input.files) takeFiles(input.files);
    // The same file may be chosen again.
    input.value = '';
  });

  const form = find('#by-url', HTMLFormElement);
  const url = find('#url', HTMLInputElement, form);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const otherwise = 'An address begins with https:// and names a picture.';
    if (takeText(url.value, otherwise)) form.reset();
  });

  let depth = 0;
  const setDepth = (/** @type {number} */ value) => {
    depth = value;
    document.body.classList.toggle('dragging', depth > 0);
  };
  addEventListener('dragenter', () => setDepth(depth + 1));
  addEventListener('dragleave', () => setDepth(depth - 1));
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    setDepth(0);
    const { dataTransfer } = event;
    if (!dataTransfer) return;
    const otherwise = 'There was no picture in what was dropped.';
    // A picture that is dragged over from another page may come as its address alone.
    if (dataTransfer.files.length > 0) takeFiles(dataTransfer.files);
    else takeText(dataTransfer.getData('text/uri-list'), otherwise);
  });
  addEventListener('paste', ({ target, clipboardData }) => {
    if (!clipboardData) return;
    const inField = target instanceof Element && target.closest('input') !== null;
    if (clipboardData.files.length > 0) takeFiles(clipboardData.files);
    else if (!inField) takeText(clipboardData.getData('text'), '');
  });
}

/** @param {number} count */
const left = (count) => (count === 1 ? 'one file was left out' : `${count} files were left out`);
