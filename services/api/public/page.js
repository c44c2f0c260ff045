// The page: takes pictures that are chosen, dropped or pasted, and has each captioned.
import { ApiError, follow, pause, request, upload } from './api.js';
import { createCard } from './card.js';

/** A browser opens six connections to a server; each picture being captioned holds one for its events. */
const AT_ONCE = 4;
/** A full queue or a busy decoder is tried again this often before the person is asked. */
const MOST_TRIES = 5;
const AHEAD_POLL_MS = 2000;
const READY_POLL_MS = 15_000;

const cards = document.querySelector('#cards');
const notice = document.querySelector('#notice');
const waiting = [];
let working = 0;

function add(files) {
  const pictures = [...files].filter((file) => file.type === '' || file.type.startsWith('image/'));
  if (files.length > 0 && pictures.length === 0) {
    return tell('Only pictures can be captioned, and these files are none.');
  }
  for (const file of pictures) addPicture(file);
}

function addPicture(file) {
  const abort = new AbortController();
  const { signal } = abort;
  const card = createCard(file, {
    onRetry: () => {
      card.reset();
      enqueue();
    },
    onRemove: () => {
      abort.abort();
      document.body.classList.toggle('busy', cards.children.length > 0);
    },
  });
  function enqueue() {
    card.setState('waiting');
    waiting.push({ file, card, signal });
    takeNext();
  }
  cards.prepend(card.element);
  document.body.classList.add('busy');
  enqueue();
}

function takeNext() {
  while (working < AT_ONCE && waiting.length > 0) {
    const { file, card, signal } = waiting.shift();
    if (signal.aborted) continue;
    working += 1;
    caption({ file, card, signal })
      .catch((error) => {
        if (!signal.aborted) card.fail(error);
      })
      .finally(() => {
        working -= 1;
        takeNext();
      });
  }
}

async function caption({ file, card, signal }) {
  card.setState('sending');
  const accepted = await send({ file, card, signal });
  card.setState('queued', accepted.queue);
  const moved = new AbortController();
  watchPlace({ record: accepted, card, signal: AbortSignal.any([signal, moved.signal]) });
  try {
    const record = await follow(accepted, {
      signal,
      onEvent(type, data) {
        if (type === 'status' && data.status !== 'queued') moved.abort();
        if (type === 'status' && data.status !== 'queued' && data.status !== 'succeeded') {
          card.setState(data.status);
        }
        if (type === 'word') card.addWord(data.text);
        if (type === 'draft') card.showDraft(data.caption);
        if (type === 'restarted') card.forgetWords();
      },
    });
    if (record.status !== 'succeeded') {
      throw new ApiError({ detail: record.error?.detail ?? `The caption is ${record.status}.` });
    }
    card.finish(record);
  } finally {
    moved.abort();
  }
}

/** Sends the picture, and again when the service was too busy for it. */
async function send({ file, card, signal }) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await upload(file, { signal });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 503 || tries === MOST_TRIES) throw error;
      const seconds = error.retryAfterSeconds ?? 5;
      card.setNote(`The service is busy; trying again in ${seconds} s`);
      await pause(seconds * 1000, signal);
      card.setState('sending');
    }
  }
}

/** Keeps telling how many are ahead, until the signal fires. */
async function watchPlace({ record, card, signal }) {
  try {
    for (;;) {
      await pause(AHEAD_POLL_MS, signal);
      const { status, queue } = await request(record.urls.self, { signal });
      if (status === 'queued' && !signal.aborted) card.setState('queued', queue);
    }
  } catch {
    // Only a nicety: the events go on without it.
  }
}

function tell(text) {
  notice.textContent = text;
  notice.hidden = text === '';
}

/** Says so when pictures would wait because something is not running. */
async function checkReadiness() {
  try {
    const { status } = await request('/readyz');
    tell(
      status === 'ok'
        ? ''
        : 'No worker is ready yet: pictures are accepted, and wait until one is.',
    );
  } catch (error) {
    tell(
      error.status === 503
        ? 'The queue cannot be reached at the moment, so no picture is accepted.'
        : error.message,
    );
  }
}

async function introduce() {
  const { version, model, limits } = await request('/info');
  const parts = [`caption-queue ${version}`, model && `model ${model.name} ${model.version}`];
  document.querySelector('#about').append(` ${parts.filter(Boolean).join(' · ')}`);
  const megabytes = Math.round(limits.max_upload_bytes / 1024 / 1024);
  if (megabytes > 0) document.querySelector('#limit').textContent = `, up to ${megabytes} MB`;
}

const input = document.querySelector('#files');
input.addEventListener('change', () => {
  add(input.files);
  // The same file may be chosen again.
  input.value = '';
});

let dragDepth = 0;
const setDragging = (depth) => {
  dragDepth = depth;
  document.body.classList.toggle('dragging', depth > 0);
};
addEventListener('dragenter', () => setDragging(dragDepth + 1));
addEventListener('dragleave', () => setDragging(dragDepth - 1));
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
  event.preventDefault();
  setDragging(0);
  add(event.dataTransfer.files);
});
addEventListener('paste', (event) => add(event.clipboardData.files));

introduce().catch(() => undefined);
checkReadiness();
setInterval(checkReadiness, READY_POLL_MS);
