// Shows on a card's picture where the model looked for a word: by pointer, by finger, or with the slider by keyboard.
import { find } from '../common/element.js';
import { describeAttention, drawAttention } from './attention.js';

/** @import { Word } from '../pictures/picture.js' */

/** @param {HTMLElement} card with `.caption`, `.frame`, `.heat` and `.scrub` */
export function createLook(card) {
  const caption = find('.caption', HTMLElement, card);
  const frame = find('.frame', HTMLElement, card);
  const heat = find('.heat', HTMLCanvasElement, card);
  const scrub = find('.scrub', HTMLElement, card);
  const slider = find('input', HTMLInputElement, scrub);
  const label = find('output', HTMLElement, scrub);
  /** @type {Word[]} */
  let words = [];

  /** @param {number} index of the word, -1 for none */
  function show(index) {
    const word = words[index];
    const attention = word?.attention;
    const spans = caption.querySelectorAll('.word');
    for (const [i, span] of spans.entries()) span.classList.toggle('looked', i === index);
    frame.classList.toggle('looking', Boolean(attention));
    if (!word || !attention) return;
    drawAttention(heat, attention);
    slider.value = String(index);
    slider.setAttribute('aria-valuetext', `${word.text}: ${describeAttention(attention)}`);
    label.textContent = word.text;
  }
  const hide = () => show(-1);

  const indexOf = (/** @type {EventTarget | null} */ target) =>
    target instanceof Element ? [...caption.querySelectorAll('.word')].indexOf(target) : -1;
  // A finger that taps a word leaves it shown; a mouse shows what it is over.
  caption.addEventListener('pointerover', ({ target }) => {
    const index = indexOf(target);
    if (words[index]?.attention) show(index);
  });
  caption.addEventListener('pointerleave', ({ pointerType }) => {
    if (pointerType === 'mouse') hide();
  });
  slider.addEventListener('input', () => show(Number(slider.value)));
  slider.addEventListener('focus', () => show(Number(slider.value)));
  slider.addEventListener('blur', hide);

  return {
    /** @param {Word[]} said */
    setWords(said) {
      words = said;
      const seen = said.length > 0 && said.every(({ attention }) => attention);
      scrub.hidden = !seen;
      caption.classList.toggle('traced', seen);
      slider.max = String(Math.max(said.length - 1, 0));
      slider.ariaLabel = 'Where the model looked, word by word';
    },
  };
}
