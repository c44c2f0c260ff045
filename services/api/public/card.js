// One picture on the page: its preview, its progress, its words.
const template = document.querySelector('#card-template');

const STATES = {
  waiting: [0, 'Waiting for its turn to be sent'],
  sending: [0, 'Sending'],
  queued: [1, 'In the queue'],
  encoding: [2, 'Looking at the picture'],
  decoding: [3, 'Finding words'],
};

const COPIED_MS = 1600;

/**
 * @param {File} file
 * @param {{ onRetry: () => void, onRemove: () => void }} options
 */
export function createCard(file, { onRetry, onRemove }) {
  const element = template.content.firstElementChild.cloneNode(true);
  const find = (selector) => element.querySelector(selector);
  const caption = find('.caption');
  const words = [];

  const preview = find('.preview');
  const previewUrl = URL.createObjectURL(file);
  preview.addEventListener('error', () => preview.classList.add('unseen'));
  preview.src = previewUrl;
  preview.alt = file.name || 'Pasted picture';

  find('.retry').addEventListener('click', onRetry);
  find('.remove').addEventListener('click', () => {
    URL.revokeObjectURL(previewUrl);
    element.remove();
    onRemove();
  });
  find('.remove').setAttribute('aria-label', `Remove ${preview.alt}`);
  find('.copy').addEventListener('click', async (event) => {
    const button = event.currentTarget;
    await copy(caption);
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, COPIED_MS);
  });

  function say(step, text) {
    element.dataset.step = step;
    find('.state').textContent = text;
  }

  /** The words that stay, and faintly how the sentence may go on. */
  function showWords(draft = '') {
    const fixed = words.join(' ');
    const rest = draft.startsWith(fixed) ? draft.slice(fixed.length) : '';
    const known = caption.querySelectorAll('.word');
    for (const [index, word] of words.entries()) {
      if (index < known.length) continue;
      const span = document.createElement('span');
      span.className = 'word';
      span.textContent = index === 0 ? word : ` ${word}`;
      caption.insertBefore(span, caption.querySelector('.draft'));
    }
    let tail = caption.querySelector('.draft');
    if (tail === null) {
      tail = document.createElement('span');
      tail.className = 'draft';
      caption.append(tail);
    }
    tail.textContent = rest;
  }

  const card = {
    element,
    /** @param {keyof STATES} name */
    setState(name, { ahead } = {}) {
      const [step, text] = STATES[name];
      say(step, ahead > 0 ? `${text}, ${ahead} ahead of it` : text);
    },
    setNote(text) {
      find('.state').textContent = text;
    },
    /** Back to the beginning, for another try. */
    reset() {
      element.classList.remove('failed', 'done');
      find('.problem').hidden = true;
      find('.retry').hidden = true;
      card.forgetWords();
    },
    addWord(word) {
      words.push(word);
      showWords();
    },
    showDraft: showWords,
    forgetWords() {
      words.length = 0;
      caption.replaceChildren();
      caption.setAttribute('aria-busy', 'true');
    },
    finish({ output, metrics }) {
      caption.textContent = output.caption;
      caption.setAttribute('aria-busy', 'false');
      element.classList.add('done');
      say(3, describeTime(metrics));
      find('.copy').hidden = false;
      showAlternatives(find('.others'), output.alternatives);
    },
    /** @param {{ message: string, status?: number }} error a refusal (4xx) would be the same again */
    fail({ message, status = 0 }) {
      element.classList.add('failed');
      find('.state').textContent = file.name;
      find('.problem').textContent = message;
      find('.problem').hidden = false;
      find('.retry').hidden = status >= 400 && status < 500;
    },
  };
  return card;
}

function describeTime({ total_ms: totalMs, feature_cache: cache }) {
  if (totalMs === null) return '';
  const time = totalMs < 1000 ? `${Math.round(totalMs)} ms` : `${(totalMs / 1000).toFixed(1)} s`;
  return cache === 'hit' ? `In ${time}; this picture was known` : `In ${time}`;
}

/** Bars show how likely each is beside the best one. */
function showAlternatives(details, alternatives) {
  const [best, ...others] = alternatives;
  if (others.length === 0) return;
  details.hidden = false;
  details.querySelector('ol').replaceChildren(
    ...others.map(({ caption, log_prob: logProb }) => {
      const item = document.createElement('li');
      const bar = document.createElement('span');
      const share = Math.min(Math.exp(logProb - best.log_prob), 1);
      bar.className = 'bar';
      bar.style.setProperty('--share', share.toFixed(3));
      bar.role = 'img';
      bar.ariaLabel = `${Math.round(share * 100)} % as likely`;
      item.append(caption, bar);
      return item;
    }),
  );
}

/** The clipboard API exists only on https and localhost; elsewhere the text is selected and copied the old way. */
async function copy(element) {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(element.textContent);
  getSelection().selectAllChildren(element);
  document.execCommand('copy');
  getSelection().removeAllRanges();
}
