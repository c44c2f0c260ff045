// <caption-card>: one picture, its progress, its words, what they are worth, and what can be done with them.

import { authorization } from '../api/key.js';
import { altAttribute, copyFrom, curlOf } from '../common/copy.js';
import { createLook } from './look.js';
import { needsCheck } from './trust.js';

const template = document.querySelector('#card-template');

/** Steps done of four, and how a state is called. */
const STATES = {
  waiting: [0, () => 'Waiting for its turn to be sent'],
  sending: [1, ({ progress, source }) => (source?.url ? 'Being fetched' : sendingText(progress))],
  held: [1, ({ problem, seconds }) => `${problem} Trying again in ${seconds} s`],
  offline: [1, ({ problem, seconds }) => `${problem} Trying again in ${seconds} s`],
  queued: [2, ({ ahead }) => (ahead > 0 ? `In the queue, ${ahead} ahead` : 'Next in the queue')],
  encoding: [3, () => 'Looking at the picture'],
  decoding: [4, () => 'Finding words'],
  succeeded: [4, ({ record }) => timeText(record.metrics)],
  failed: [0, ({ name }) => name],
  canceled: [0, () => 'Canceled'],
  expired: [0, () => 'Too late: its time ran out before it was done'],
};

const percent = (share) => `${Math.round(share * 100)} %`;
const sendingText = (progress) =>
  progress < 1 ? `Sending, ${percent(progress)}` : 'Being checked';

function timeText({ total_ms: ms, feature_cache: cache }) {
  if (ms === null) return 'Done';
  const time = ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
  return cache === 'hit' ? `Done in ${time}; this picture was known` : `Done in ${time}`;
}

class CaptionCard extends HTMLElement {
  #find = (selector) => this.querySelector(selector);
  #url;
  #look;
  #shown = {};

  /** @param {import('../pictures/picture.js').Picture} picture */
  show(picture) {
    this.picture = picture;
    this.append(template.content.cloneNode(true));
    const article = this.#find('article');
    article.setAttribute('aria-label', picture.name);
    this.#find('.preview').alt = picture.name;
    this.#look = createLook(this);
    const on = (selector, act) =>
      this.#find(selector).addEventListener('click', ({ currentTarget }) => act(currentTarget));
    on('.copy-caption', (button) => copyFrom(button, picture.record.output.caption));
    on('.copy-alt', (button) => copyFrom(button, altAttribute(picture.record.output.alt_text)));
    on('.copy-curl', (button) => copyFrom(button, curlOf(picture, authorization().authorization)));
    on('.retry', () => picture.retry());
    on('.cancel', () => picture.cancel());
    on('.remove', () => this.dispatchEvent(new Event('remove', { bubbles: true })));
    this.update();
  }

  disconnectedCallback() {
    URL.revokeObjectURL(this.#url);
  }

  update() {
    const { picture } = this;
    const { status, lost, slow, canceling } = picture;
    const article = this.#find('article');
    const [step, describe] = STATES[status];
    article.dataset.status = status;
    article.dataset.step = step;
    const working = !picture.ended;
    let state = describe(picture);
    if (working && lost > 0) state = `Connection lost. Trying again in ${lost} s`;
    else if (working && slow) state = `${state}. It takes longer than usual`;
    if (canceling) state = 'Being canceled';
    this.#text('.state', state);
    article.style.setProperty('--sent', status === 'sending' ? (picture.progress ?? 0) : 1);
    this.#showPreview();
    this.#showWords();
    this.#text('.problem', status === 'failed' ? picture.problem : '');
    this.#hide('.problem', status !== 'failed');
    this.#hide('.cancel', !working || status === 'waiting');
    this.#hide('.retry', !picture.ended || status === 'succeeded' || !picture.repeatable);
    this.#hide('.copy-curl', status !== 'succeeded' && working);
    if (status === 'succeeded') this.#showResult(picture.record.output);
    else
      for (const selector of ['.result', '.copy-caption', '.copy-alt']) this.#hide(selector, true);
  }

  #text(selector, text) {
    if (this.#shown[selector] === text) return;
    this.#shown[selector] = text;
    this.#find(selector).textContent = text;
  }

  #hide(selector, hidden) {
    this.#find(selector).hidden = hidden;
  }

  #showPreview() {
    const { thumbnail, unseen, source } = this.picture;
    if (thumbnail && !this.#url) {
      this.#url = URL.createObjectURL(thumbnail);
      const preview = this.#find('.preview');
      preview.src = this.#url;
      preview.hidden = false;
    }
    const none = !thumbnail && (unseen || !this.picture.source?.file);
    this.#hide('.no-preview', !none);
    if (none) this.#text('.no-preview', source?.url ? new URL(source.url).host : 'No preview');
  }

  /** The words that stay, and faintly how the sentence may go on. Known words are left alone: they are read aloud once. */
  #showWords() {
    const { words, draft, record, status } = this.picture;
    const caption = this.#find('.caption');
    const said =
      status === 'succeeded'
        ? record.output.words.map(({ text }, i) => (words[i]?.text === text ? words[i] : { text }))
        : words;
    const known = [...caption.querySelectorAll('.word')];
    const same = known.findIndex((span, i) => span.textContent.trim() !== said[i]?.text);
    for (const span of same < 0 ? [] : known.slice(same)) {
      // With the space before it.
      if (span.previousSibling?.nodeType === Node.TEXT_NODE) span.previousSibling.remove();
      span.remove();
    }
    for (let i = same < 0 ? known.length : same; i < said.length; i += 1) {
      const span = Object.assign(document.createElement('span'), { className: 'word' });
      span.textContent = said[i].text;
      caption.insertBefore(span, caption.querySelector('.draft'));
      if (i > 0) span.before(' ');
    }
    this.#showDraft(caption, said, status === 'decoding' ? draft : '');
    this.#look.setWords(said);
  }

  #showDraft(caption, said, draft) {
    const fixed = said.map(({ text }) => text).join(' ');
    const rest = draft.startsWith(fixed) ? draft.slice(fixed.length) : '';
    let tail = caption.querySelector('.draft');
    if (rest === '') return tail?.remove();
    if (!tail) {
      tail = Object.assign(document.createElement('span'), { className: 'draft' });
      // It may be revised, so it isn't read aloud.
      tail.ariaHidden = 'true';
      caption.append(tail);
    }
    tail.textContent = rest;
  }

  #showResult(output) {
    if (this.#shown.result === output) return;
    this.#shown.result = output;
    const { confidence, alt_text: alt, tags, alternatives } = output;
    this.#hide('.result', false);
    this.#hide('.copy-caption', false);
    this.#hide('.copy-alt', alt === null);
    this.#hide('.trust', confidence === null);
    const unsure = needsCheck(output);
    this.#find('article').classList.toggle('unsure', unsure);
    if (confidence !== null) {
      this.#find('.trust .bar').style.setProperty('--share', confidence);
      const chance = `${percent(confidence)} likely right`;
      this.#text('.trust-text', unsure ? `A suggestion to check: ${chance}` : chance);
    }
    this.#text('.alt-text', alt ?? 'nothing sure enough to say');
    this.#find('.alt').classList.toggle('none', alt === null);
    this.#hide('.tags', tags.length === 0);
    this.#find('.tags').replaceChildren(...tags.map(tagItem));
    this.#hide('.others', alternatives.length < 2);
    this.#find('.others ol').replaceChildren(...otherItems(alternatives));
  }
}

function tagItem({ name, confidence }) {
  const item = document.createElement('li');
  item.append(
    name,
    Object.assign(document.createElement('small'), { textContent: percent(confidence) }),
  );
  return item;
}

/** Bars show the chance of each or, without calibration, how likely each is beside the best one. */
function otherItems([best, ...others]) {
  return others.map(({ caption, confidence, log_prob: logProb }) => {
    const item = document.createElement('li');
    const bar = Object.assign(document.createElement('span'), { className: 'bar', role: 'img' });
    const share = confidence ?? Math.min(Math.exp(logProb - best.log_prob), 1);
    bar.style.setProperty('--share', share.toFixed(3));
    bar.ariaLabel = `${percent(share)} ${confidence === null ? 'as likely' : 'likely right'}`;
    bar.title = bar.ariaLabel;
    item.append(caption, bar);
    return item;
  });
}

customElements.define('caption-card', CaptionCard);
