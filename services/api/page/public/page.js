// The page: puts ways in, cards, history and views together.
import './card/card.js';
import { ask } from './api/api.js';
import { needsCheck } from './card/trust.js';
import { listenForPictures } from './entrance/intake.js';
import * as history from './pictures/history.js';
import { knownPicture, newPicture } from './pictures/picture.js';
import { greet } from './service/greet.js';
import { showViews } from './views.js';

const find = (selector) => document.querySelector(selector);
const cards = find('#cards');
const shown = new Map();

const tell = (text) => {
  const notice = find('#notice');
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
    find('#tally').textContent =
      ended === pictures.length
        ? `${done} captioned${ended > done ? `, ${ended - done} not` : ''}`
        : `${ended} of ${pictures.length} done`;
    find('#clear').hidden = pictures.length < 2;
  });
}

function onChange(picture) {
  const card = shown.get(picture);
  if (!card) return;
  const was = card.dataset.said;
  card.update();
  if (picture.ended && was !== picture.status) announce(picture);
  card.dataset.said = picture.status;
  if (was !== picture.status) count();
}

/** The words were read as they came; this tells whose they were, or why there are none. */
function announce({ name, status, problem, record }) {
  find('#announcer').textContent =
    status === 'succeeded'
      ? `${name} is captioned${needsCheck(record.output) ? ', a suggestion to check' : ''}.`
      : `${name}: ${status}. ${problem ?? ''}`;
}

function createCard(picture) {
  const item = document.createElement('li');
  const card = document.createElement('caption-card');
  item.append(card);
  card.dataset.said = picture.status;
  card.show(picture);
  shown.set(picture, card);
  return item;
}

function add(sources) {
  const pictures = sources.map((source, i) => newPicture(source, i, onChange));
  cards.prepend(...pictures.map(createCard));
  for (const picture of pictures) picture.run();
  count();
}

async function remove(picture) {
  const item = shown.get(picture)?.parentElement;
  if (!item) return;
  const next = item.nextElementSibling ?? item.previousElementSibling;
  const hadFocus = item.contains(document.activeElement);
  shown.delete(picture);
  item.remove();
  if (hadFocus) (next?.querySelector('.remove') ?? find('#files')).focus();
  count();
  await picture.remove();
}

cards.addEventListener('remove', ({ target }) => remove(target.picture));

let sure = false;
const clear = find('#clear');
clear.addEventListener('click', () => {
  setSure(!sure);
  if (sure) return;
  for (const picture of [...shown.keys()]) remove(picture);
  // The button goes with them.
  find('#files').focus();
});
clear.addEventListener('blur', () => setSure(false));

/** Everything at once is asked for twice. */
function setSure(value) {
  sure = value;
  clear.textContent = sure ? 'Remove all for good?' : 'Remove all';
}

find('#example').addEventListener('click', async () => {
  try {
    const blob = await (await ask('/entrance/example.jpg')).blob();
    add([{ file: new File([blob], 'example.jpg', { type: blob.type }) }]);
    tell('');
  } catch (error) {
    tell(error.message);
  }
});

listenForPictures({ onSources: add, onNothing: tell });
showViews();
greet();

for (const entry of await history.load()) {
  const picture = knownPicture(entry, onChange);
  cards.append(createCard(picture));
  if (!picture.ended) picture.run();
}
count();
document.body.classList.add('ready');
