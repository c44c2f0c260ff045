// <caption-card>: one picture, its progress, its words, what they are worth, and what can be done with them.
import { authorization } from '../api/key.js';
import { altAttribute, copyFrom, curlOf } from '../common/copy.js';
import { element, find } from '../common/element.js';
import { createLook } from './look.js';
import { percent, STATES } from './states.js';
import { insteadOfWords, needsCheck } from './trust.js';

/**
 * @import { CaptionOutput } from '@caption-queue/contract/caption'
 * @import { Picture, Word } from '../pictures/picture.js'
 */

const template = find('#card-template', HTMLTemplateElement);

export class CaptionCard extends HTMLElement {
  /** @type {string | undefined} */
  #url;
  /** @type {Map<string, string>} */
  #texts = new Map();
  /** @type {CaptionOutput | undefined} */
  #output;
  #look;

  /** @param {Picture} picture */
  constructor(picture) {
    super();
    this.picture = picture;
    this.append(template.content.cloneNode(true));
    this.#find('article').ariaLabel = picture.name;
    this.#preview.alt = picture.name;
    this.#look = createLook(this);
    const output = () => picture.record?.output;
    this.#copies('.copy-caption', () => output()?.caption ?? '');
    this.#copies('.copy-alt', () => altAttribute(output()?.alt_text ?? ''));
    this.#copies('.copy-curl', () => curlOf(picture, 'authorization' in authorization()));
    this.#find('.retry').onclick = () => picture.retry();
    this.#find('.cancel').onclick = () => picture.cancel();
    this.#find('.remove').onclick = () =>
      this.dispatchEvent(new Event('remove', { bubbles: true }));
    this.update();
  }

  disconnectedCallback() {
    if (this.#url) URL.revokeObjectURL(this.#url);
  }

  get #preview() {
    return find('.preview', HTMLImageElement, this);
  }

  /** @param {string} selector */
  #find(selector) {
    return find(selector, HTMLElement, this);
  }

  /**
   * @param {string} selector of a button
   * @param {() => string} text
   */
  #copies(selector, text) {
    const button = this.#find(selector);
    button.onclick = () => copyFrom(button, text());
  }

  update() {
    const { picture } = this;
    const { status, lost, slow, canceling } = picture;
    const article = this.#find('article');
    const [step, describe] = STATES[status];
    article.dataset.status = status;
    article.dataset.step = String(step);
    const working = !picture.ended;
    let state = describe(picture);
    if (working && lost > 0) state = `Connection lost. Trying again in ${lost} s`;
    else if (working && slow) state = `${state}. It takes longer than usual`;
    if (canceling) state = 'Being canceled';
    this.#text('.state', state);
    article.style.setProperty('--sent', String(status === 'sending' ? picture.progress : 1));
    this.#showPreview();
    this.#showWords();
    this.#text('.problem', (status === 'failed' && picture.problem) || '');
    this.#hide('.problem', status !== 'failed');
    this.#hide('.cancel', !working || status === 'waiting');
    this.#hide('.retry', !picture.ended || status === 'succeeded' || !picture.repeatable);
    this.#hide('.copy-curl', status !== 'succeeded' && working);
    const output = status === 'succeeded' ? picture.record?.output : undefined;
    const instead = output ? insteadOfWords(picture.record) : undefined;
    this.#text('.instead', instead ?? '');
    this.#hide('.instead', instead === undefined);
    this.#hide('.caption', instead !== undefined);
    if (output && instead === undefined) this.#showResult(output);
    else
      for (const selector of ['.result', '.copy-caption', '.copy-alt']) this.#hide(selector, true);
  }

  /**
   * @param {string} selector
   * @param {string} text
   */
  #text(selector, text) {
    if (this.#texts.get(selector) === text) return;
    this.#texts.set(selector, text);
    this.#find(selector).textContent = text;
  }

  /**
   * @param {string} selector
   * @param {boolean} hidden
   */
  #hide(selector, hidden) {
    this.#find(selector).hidden = hidden;
  }

  #showPreview() {
    const { thumbnail, unseen, source } = this.picture;
    if (thumbnail && !this.#url) {
      this.#url = URL.createObjectURL(thumbnail);
      this.#preview.src = this.#url;
      this.#preview.hidden = false;
    }
    const none = !thumbnail && (unseen || !source?.file);
    this.#hide('.no-preview', !none);
    if (none) this.#text('.no-preview', source?.url ? new URL(source.url).host : 'No preview');
  }

  /** The words that stay, and faintly how the sentence may go on. Known words are left alone: they are read aloud once. */
  #showWords() {
    const { words, draft, record, status } = this.picture;
    const caption = this.#find('.caption');
    /** @type {Word[]} */
    const said =
      status === 'succeeded' && record?.output && insteadOfWords(record) === undefined
        ? record.output.words.map(({ text }, i) => (words[i]?.text === text ? words[i] : { text }))
        : words;
    const known = [...caption.querySelectorAll('.word')];
    const same = known.findIndex((span, i) => span.textContent?.trim() !== said[i]?.text);
    for (const span of same < 0 ? [] : known.slice(same)) {
      // With the space before it.
      if (span.previousSibling?.nodeType === Node.TEXT_NODE) span.previousSibling.remove();
      span.remove();
    }
    const left = same < 0 ? known.length : same;
    for (const [i, { text }] of said.slice(left).entries()) {
      const span = element('span', { className: 'word', textContent: text });
      caption.insertBefore(span, caption.querySelector('.draft'));
      if (left + i > 0) span.before(' ');
    }
    this.#showDraft(caption, said, status === 'decoding' ? draft : '');
    this.#look.setWords(said);
  }

  /**
   * @param {HTMLElement} caption
   * @param {Word[]} said
   * @param {string} draft
   */
  #showDraft(caption, said, draft) {
    const fixed = said.map(({ text }) => text).join(' ');
    const rest = draft.startsWith(fixed) ? draft.slice(fixed.length) : '';
    let tail = caption.querySelector('.draft');
    if (rest === '') return tail?.remove();
    if (!tail) {
      // It may be revised, so it isn't read aloud.
      tail = element('span', { className: 'draft', ariaHidden: 'true' });
      caption.append(tail);
    }
    tail.textContent = rest;
  }

  /** @param {CaptionOutput} output */
  #showResult(output) {
    if (this.#output === output) return;
    this.#output = output;
    const { confidence, alt_text: alt, tags, alternatives } = output;
    this.#hide('.result', false);
    this.#hide('.copy-caption', false);
    this.#hide('.copy-alt', alt === null);
    this.#hide('.trust', confidence === null);
    const unsure = needsCheck(output);
    this.#find('article').classList.toggle('unsure', unsure);
    if (confidence !== null) {
      this.#find('.trust .bar').style.setProperty('--share', String(confidence));
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

/** @param {CaptionOutput['tags'][number]} tag */
function tagItem({ name, confidence }) {
  return element('li', {}, name, element('small', { textContent: percent(confidence) }));
}

/**
 * Bars show the chance of each or, without calibration, how likely each is beside the best one.
 *
 * @param {CaptionOutput['alternatives']} alternatives
 */
function otherItems([best, ...others]) {
  return others.map(({ caption, confidence, log_prob: logProb }) => {
    const share = confidence ?? Math.min(Math.exp(logProb - (best?.log_prob ?? 0)), 1);
    const title = `${percent(share)} ${confidence === null ? 'as likely' : 'likely right'}`;
    const bar = element('span', { className: 'bar', role: 'img', ariaLabel: title, title });
    bar.style.setProperty('--share', share.toFixed(3));
    return element('li', {}, caption, bar);
  });
}

customElements.define('caption-card', CaptionCard);
