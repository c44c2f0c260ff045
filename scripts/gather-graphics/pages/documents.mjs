// Invented documents: letters, forms, invoices, tables, receipts, slides, listings, code pages, columns of text.
import { code } from './bodies.mjs';
import { createLanguage } from './language.mjs';

/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('./language.mjs').Language} Language */
/** @typedef {import('./windows.mjs').Page} Page */

/** @typedef {{ random: Random, language: Language, ink: string }} Context */

const SERIF = ["'EB Garamond'", "'Latin Modern Roman'", "'Liberation Serif'", "'C059'", "'P052'"];
const SANS = ["'Liberation Sans'", 'Lato', "'Open Sans'", 'Inter', "'DejaVu Sans'", 'Roboto'];
const MONO = ["'Courier Prime'", "'Liberation Mono'", "'Nimbus Mono PS'"];

/** @type {Record<string, (context: Context) => string>} */
const TRAINED = {
  letter: ({ random, language }) =>
    `<p>${language.title()}<br>${language.title()}<br>${random.int(10000, 99999)} ${language.text(1)}</p><p style="text-align:end">${random.int(1, 28)}.${random.int(1, 12)}.20${random.int(10, 26)}</p><h3>${language.title()}</h3>${paragraphs(language, random.int(3, 6))}<p style="font-family:cursive;font-size:1.5em">${language.text(2)}</p>`,
  article: ({ random, language }) =>
    `<h1 style="text-align:center">${language.title()}</h1><p style="text-align:center"><i>${language.title()}</i></p><div style="columns:${random.pick([1, 2, 2, 3])};text-align:justify">${paragraphs(language, random.int(4, 14))}<h3>${random.int(1, 9)} ${language.title()}</h3>${paragraphs(language, random.int(3, 9))}</div>`,
  book: ({ random, language }) =>
    `<div style="text-align:justify;line-height:1.5">${random.chance(0.4) ? `<h2 style="text-align:center;margin:3em 0">${language.title()}</h2>` : ''}${paragraphs(language, random.int(5, 12))}</div><p style="text-align:center">${random.int(2, 400)}</p>`,
  invoice: ({ random, language, ink }) =>
    `<div style="display:flex;justify-content:space-between"><h1 style="color:${ink}">${language.title()}</h1><p>Nr. ${random.int(1000, 99999)}<br>${random.int(1, 28)}/${random.int(1, 12)}/20${random.int(10, 26)}</p></div>${table(random, language, random.int(4, 12), random.int(3, 5), ink)}<h3 style="text-align:end">${language.text(1)}: ${random.int(10, 9999)}.${random.int(10, 99)}</h3>${paragraphs(language, 1)}`,
  table: ({ random, language, ink }) =>
    `${random.chance(0.7) ? `<h2>${language.title()}</h2>` : ''}${table(random, language, random.int(8, 28), random.int(3, 8), ink)}`,
  form: ({ random, language, ink }) =>
    `<h2 style="border-bottom:3px solid ${ink}">${language.title()}</h2>${random.times(random.int(8, 16), (index) => `<div style="display:flex;gap:12px;margin:${random.int(6, 12)}px 0"><span>${index + 1}. ${language.text(random.int(1, 3))}</span>${random.chance(0.3) ? random.times(random.int(2, 4), () => `<span>☐ ${language.text(1)}</span>`).join('') : `<span style="flex:1;border${random.chance(0.5) ? '-bottom' : ''}:1px solid ${ink};min-height:1.4em;font-family:cursive">${random.chance(0.4) ? language.text(2) : ''}</span>`}</div>`).join('')}`,
  receipt: ({ random, language }) =>
    `<div style="width:${random.int(240, 330)}px;font-family:${random.pick(MONO)},monospace;margin:auto"><h3 style="text-align:center">${language.title()}</h3><hr style="border-top:1px dashed">${random.times(random.int(5, 16), () => `<div style="display:flex;justify-content:space-between"><span>${random.int(1, 4)} ${language.text(2).slice(0, 22)}</span><span>${random.int(0, 90)}.${random.int(10, 99)}</span></div>`).join('')}<hr style="border-top:1px dashed"><h3 style="display:flex;justify-content:space-between"><span>${language.text(1)}</span><span>${random.int(10, 300)}.${random.int(10, 99)}</span></h3>${random.chance(0.5) ? bars(random) : ''}</div>`,
  slide: ({ random, language, ink }) =>
    `<div style="border-top:${random.pick([0, 14, 60])}px solid ${ink};padding:30px;font-size:1.5em"><h1 style="color:${ink}">${language.title()}</h1><ul>${random.times(random.int(2, 6), () => `<li style="margin:.5em 0">${language.text(random.int(3, 9))}</li>`).join('')}</ul></div>`,
  listing: ({ random, language }) =>
    `${random.chance(0.5) ? `<p>${language.paragraph(2)}</p>` : ''}<div style="border:${random.pick([0, 1])}px solid #999">${code(random, random.int(14, 44), random.chance(0.3))}</div>`,
  contents: ({ random, language }) =>
    `<h2>${language.title()}</h2>${random.times(random.int(14, 30), (index) => `<div style="display:flex;padding-inline-start:${random.pick([0, 20, 40])}px"><span>${index + 1} ${language.title()}</span><span style="flex:1;border-bottom:1px dotted #888;margin:0 6px 4px"></span><span>${index * 3 + random.int(1, 3)}</span></div>`).join('')}`,
  squares: ({ random, language }) =>
    `<div style="text-align:center">${random.chance(0.6) ? `<h2>${language.title()}</h2>` : ''}${squareCode(random)}${random.chance(0.6) ? `<p>${language.sentence()}</p>` : ''}</div>`,
  label: ({ random, language, ink }) =>
    `<div style="border:2px solid ${ink};padding:16px;max-width:420px;margin:auto"><b style="font-size:1.8em">${language.title()}</b><p>${language.title()}<br>${random.int(10000, 99999)}</p>${bars(random)}<p style="text-align:center;letter-spacing:.3em">${random.int(100000000, 999999999)}</p></div>`,
  questions: ({ random, language }) =>
    `<h2>${language.title()}</h2>${random.times(random.int(4, 8), (index) => `<p><b>${index + 1}.</b> ${language.sentence()}</p><p style="columns:2">${random.times(4, (choice) => `${'ABCD'[choice]}) ${language.text(random.int(1, 4))}<br>`).join('')}</p>`).join('')}`,
  letters: ({ random, language }) =>
    `<div style="font-size:${random.int(40, 120)}px;line-height:1.1;text-align:center">${language.text(random.int(1, 4))}</div>`,
};

/** @type {Record<string, (context: Context) => string>} */
const HELD_OUT = {
  minutes: ({ random, language, ink }) =>
    `<table style="width:100%"><tr><td><h2 style="color:${ink}">${language.title()}</h2></td><td style="text-align:end">${random.int(1, 28)} / ${random.int(1, 12)} / 20${random.int(10, 26)}</td></tr></table><hr>${random.times(random.int(3, 6), (index) => `<h4>§ ${index + 1} ${language.title()}</h4><ol>${random.times(random.int(2, 4), () => `<li>${language.sentence()}</li>`).join('')}</ol>`).join('')}`,
  poster: ({ random, language, ink }) =>
    `<div style="background:${ink};color:#fff;padding:50px;text-align:center"><h1 style="font-size:3em">${language.title()}</h1><p style="font-size:1.5em">${language.title()}</p><p>${random.int(1, 28)}. ${random.int(1, 12)}. · ${random.int(8, 21)}:00</p></div>`,
  dictionary: ({ random, language }) =>
    `<div style="columns:3;font-size:.85em;text-align:justify">${random.times(random.int(40, 70), () => `<div><b>${language.text(1).toLowerCase()}</b> <i>n.</i> ${language.text(random.int(3, 9))}</div>`).join('')}</div>`,
  card: ({ random, language, ink }) =>
    `<div style="width:420px;height:240px;border:1px solid #aaa;border-inline-start:12px solid ${ink};padding:34px;margin:30px auto;box-shadow:0 2px 8px #0003"><b style="font-size:1.7em">${language.text(2)}</b><p>${language.text(2)}</p><small>+${random.int(10, 99)} ${random.int(1000000, 9999999)}<br>name@example.org</small></div>`,
  timetable: ({ random, language, ink }) =>
    `<h2>${language.title()}</h2><table style="width:100%;text-align:center">${random.times(random.int(8, 18), (row) => `<tr style="background:${row % 2 ? '#eee' : 'none'}"><td style="text-align:start;color:${ink}">${language.text(2)}</td>${random.times(6, (column) => `<td>${6 + column * 2}:${random.int(10, 59)}</td>`).join('')}</tr>`).join('')}</table>`,
};

/**
 * @param {Random} random
 * @param {{ split: string }} material
 * @returns {Page}
 */
export function drawDocument(random, { split }) {
  const language = createLanguage(random);
  const kinds = Object.values(split === 'train' ? TRAINED : HELD_OUT);
  const ink = random.chance(0.5) ? '#222' : `hsl(${random.int(0, 360)} 60% 32%)`;
  const body = random.pick(kinds)({ random, language, ink });
  const width = random.int(420, 900);
  const font = random.pick([
    random.pick(SERIF),
    random.pick(SANS),
    random.pick(SANS),
    random.pick(MONO),
  ]);
  const paper = random.pick([
    '#fff',
    '#fff',
    '#fff',
    '#fdfbf4',
    '#f4efe0',
    '#f7f7f7',
    '#eef4fa',
    '#ffffe8',
  ]);
  const dark = random.chance(0.06);
  // Pages and parts of pages: a cutting may start anywhere.
  const height = random.chance(0.7)
    ? Math.round(width * random.pick([1.41, 1.29, 0.75, 1]))
    : random.int(140, 420);
  return {
    width,
    height,
    html: `<!doctype html><html dir="${language.direction}"><meta charset="utf-8"><style>*{box-sizing:border-box}
body{margin:0;padding:${random.int(12, 80)}px;background:${dark ? '#223' : paper};color:${dark ? '#eee' : '#1a1a1a'};font:${random.int(11, 18)}px/1.35 ${font},'Noto Sans','WenQuanYi Zen Hei',serif}
pre{overflow:hidden;padding:8px;margin:0;line-height:1.3}h1,h2,h3{line-height:1.15}table{border-collapse:collapse}td,th{padding:3px 7px}</style>${body}</html>`,
  };
}

/** @param {Language} language @param {number} count */
function paragraphs(language, count) {
  return Array.from({ length: count }, () => `<p>${language.paragraph(4)}</p>`).join('');
}

/** @param {Random} random @param {Language} language @param {number} rows @param {number} columns @param {string} ink */
function table(random, language, rows, columns, ink) {
  const border = random.pick([
    'border:1px solid #888',
    'border-bottom:1px solid #ccc',
    'border:0',
    `border:1px solid ${ink}`,
  ]);
  const head = random.pick([
    `background:${ink};color:#fff`,
    'background:#eee',
    `border-bottom:2px solid ${ink}`,
  ]);
  const cell = (/** @type {number} */ column) =>
    column === 0
      ? language.text(random.int(1, 3))
      : random.pick([
          random.int(1, 9999),
          `${random.int(1, 99)}.${random.int(0, 9)} %`,
          random.int(1, 99),
        ]);
  return `<table style="width:100%">${`<tr>${random.times(columns, () => `<th style="${head};text-align:start">${language.text(1)}</th>`).join('')}</tr>`}${random.times(rows, () => `<tr>${random.times(columns, (column) => `<td style="${border};text-align:${column === 0 ? 'start' : 'end'}">${cell(column)}</td>`).join('')}</tr>`).join('')}</table>`;
}

/** A bar code that no till would read. @param {Random} random */
function bars(random) {
  return `<div style="display:flex;height:60px;justify-content:center;margin:10px 0;background:#fff">${random.times(60, (index) => `<i style="width:${random.int(1, 4)}px;background:${index % 2 ? '#fff' : '#000'}"></i>`).join('')}</div>`;
}

/** Looks like a QR code. @param {Random} random */
function squareCode(random) {
  const size = random.pick([21, 25, 29, 33, 41]);
  const cell = Math.round(random.int(160, 340) / size);
  const eye = (/** @type {number} */ x, /** @type {number} */ y) =>
    `<rect x="${x}" y="${y}" width="7" height="7"/><rect x="${x + 1}" y="${y + 1}" width="5" height="5" fill="#fff"/><rect x="${x + 2}" y="${y + 2}" width="3" height="3"/>`;
  const cells = random.times(size * size, (index) => {
    const [x, y] = [index % size, Math.floor(index / size)];
    const inEye = (x < 8 || x > size - 9) && (y < 8 || (y > size - 9 && x < 8));
    return !inEye && random.chance(0.48)
      ? `<rect x="${x}" y="${y}" width="1.03" height="1.03"/>`
      : '';
  });
  return `<svg viewBox="-2 -2 ${size + 4} ${size + 4}" width="${cell * size}" style="background:#fff">${cells.join('')}${eye(0, 0)}${eye(size - 7, 0)}${eye(0, size - 7)}</svg>`;
}
