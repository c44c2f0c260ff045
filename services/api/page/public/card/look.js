// Shows on a card's picture where the model looked for a word: by pointer, by finger, or with the slider by keyboard.
import { describeAttention, drawAttention } from './attention.js';

/** @param {HTMLElement} card with `.caption`, `.frame`, `.heat` and `.scrub` */
export function createLook(card) {
  const find = (selector) => card.querySelector(selector);
  const [caption, frame, heat, scrub] = ['.caption', '.frame', '.heat', '.scrub'].map(find);
  const slider = scrub.querySelector('input');
  const label = scrub.querySelector('output');
  let words = [];

  function show(index) {
    const { text, attention } = words[index] ?? {};
    const spans = caption.querySelectorAll('.word');
    for (const [i, span] of spans.entries()) span.classList.toggle('looked', i === index);
    frame.classList.toggle('looking', attention !== undefined);
    if (!attention) return;
    drawAttention(heat, attention);
    slider.value = index;
    slider.setAttribute('aria-valuetext', `${text}: ${describeAttention(attention)}`);
    label.textContent = text;
  }
  const hide = () => show(-1);

  const indexOf = (target) => [...caption.querySelectorAll('.word')].indexOf(target);
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
    /** @param {{ text: string, attention?: Uint8Array | null }[]} said */
    setWords(said) {
      words = said;
      const seen = said.length > 0 && said.every(({ attention }) => attention);
      scrub.hidden = !seen;
      caption.classList.toggle('traced', seen);
      slider.max = Math.max(said.length - 1, 0);
      slider.ariaLabel = 'Where the model looked, word by word';
    },
  };
}
