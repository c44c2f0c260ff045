// The page: puts ways in, cards, history and views together.
import { ask, messageOf } from './api/api.js';
import { CaptionCard } from './card/card.js';
import { insteadOfWords, needsCheck } from './card/trust.js';
import { element, find } from './common/element.js';
import { listenForPictures } from './entrance/intake.js';
import * as history from './pictures/history.js';
import { knownPicture, newPicture } from './pictures/picture.js';
import { showService } from './service/health.js';
import { showViews } from './views.js';

/** @import { Picture, PictureSource } from './pictures/picture.js' */

const cards = find('#cards', HTMLElement);
/** @type {Map<Picture, CaptionCard>} */
const shown = new Map();

/** @param {string} text nothing when it is empty */
const showNotice = (text) => {
  const notice = find('#notice', HTMLElement);
  notice.textContent = text;
  notice.hidden = text === '';
};

let counting = false;
/** Once for all changes of a moment: a word is no reason to count two hundred cards. */
function count() {
  if (counting) return;
  counting = true;
  queueMicrotask(() => {
    counting = false;
    const pictures = [...shown.keys()];
    const done = pictures.filter(({ status }) => status === 'succeeded').length;
    const ended = pictures.filter((picture) => picture.ended).length;
    document.body.classList.toggle('busy', pictures.length > 0);
    find('#tally', HTMLElement).textContent =
      ended === pictures.length
        ? `${done} captioned${ended > done ? `, ${ended - done} not` : ''}`
        : `${ended} of ${pictures.length} done`;
    clear.hidden = pictures.length < 2;
  });
}

/** @param {Picture} picture */
function onChange(picture) {
  const card = shown.get(picture);
  if (!card) return;
  const was = card.dataset.said;
  card.update();
  if (picture.ended && was !== picture.status) announce(picture);
  card.dataset.said = picture.status;
  if (was !== picture.status) count();
}

/**
 * The words were read as they came; this showNotices whose they were, or why there are none.
 *
 * @param {Picture} picture
 */
function announce({ name, status, problem, record }) {
  const output = record?.output;
  const instead = insteadOfWords(record);
  const captioned = instead
    ? `${name}: ${instead}`
    : `${name} is captioned${output && needsCheck(output) ? ', a suggestion to check' : ''}.`;
  find('#announcer', HTMLElement).textContent =
    status === 'succeeded' ? captioned : `${name}: ${status}. ${problem ?? ''}`;
}

/** @param {Picture} picture */
function createCard(picture) {
  const card = new CaptionCard(picture);
  card.dataset.said = picture.status;
  shown.set(picture, card);
  return element('li', {}, card);
}

/** @param {PictureSource[]} sources */
function add(sources) {
  const pictures = sources.map((source, i) => newPicture(source, i, onChange));
  cards.prepend(...pictures.map(createCard));
  for (const picture of pictures) picture.run();
  count();
}

/** @param {Picture} picture */
async function remove(picture) {
  const item = shown.get(picture)?.parentElement;
  if (!item) return;
  const next = item.nextElementSibling ?? item.previousElementSibling;
  const hadFocus = item.contains(document.activeElement);
  shown.delete(picture);
  item.remove();
  if (hadFocus) find(next ? '.remove' : '#files', HTMLElement, next ?? document).focus();
  count();
  await picture.remove();
}

cards.addEventListener('remove', ({ target }) => {
  if (target instanceof CaptionCard) remove(target.picture);
});

let sure = false;
const clear = find('#clear', HTMLElement);
clear.addEventListener('click', () => {
  setSure(!sure);
  if (sure) return;
  for (const picture of [...shown.keys()]) remove(picture);
  // The button goes with them.
  find('#files', HTMLElement).focus();
});
clear.addEventListener('blur', () => setSure(false));

/** Everything at once is asked for twice. @param {boolean} value */
function setSure(value) {
  sure = value;
  clear.textContent = sure ? 'Remove all for good?' : 'Remove all';
}

find('#example', HTMLElement).addEventListener('click', async () => {
  try {
    const blob = await (await ask('/entrance/example.jpg')).blob();
    add([{ file: new File([blob], 'example.jpg', { type: blob.type }) }]);
    showNotice('');
  } catch (error) {
    showNotice(messageOf(error));
  }
});

listenForPictures({ onSources: add, onNothing: showNotice });
showViews();
showService();

for (const entry of await history.load()) {
  const picture = knownPicture(entry, onChange);
  cards.append(createCard(picture));
  if (!picture.ended) picture.run();
}
count();
document.body.classList.add('ready');
