// Invented web pages and screens of phones: shops, news, dashboards, sign-in pages, lists, chats.
import { createLanguage } from './language.mjs';

/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('./language.mjs').Language} Language */
/** @typedef {import('./windows.mjs').Page} Page */
/** @typedef {{ random: Random, language: Language, photo: () => string, hue: number, card: string }} Context */

/** @type {Record<string, (context: Context) => string>} */
const TRAINED = {
  shop: ({ random, language, photo, card }) =>
    `<div class="grid">${random.times(random.int(4, 9), () => `<div class="${card}"><img src="${photo()}"><b>${language.title()}</b><p>€ ${random.int(3, 300)}.99</p><span class="button">${language.label()}</span></div>`).join('')}</div>`,
  news: ({ random, language, photo }) =>
    `<h1>${language.title()}</h1>${random.times(random.int(2, 5), () => `<div class="row">${random.chance(0.7) ? `<img src="${photo()}" style="width:180px;height:120px">` : ''}<div><h3>${language.title()}</h3><p>${language.paragraph(2)}</p><small>${random.int(1, 23)} h</small></div></div><hr>`).join('')}`,
  signIn: ({ random, language, card }) =>
    `<div class="${card}" style="max-width:360px;margin:8vh auto;padding:28px"><h2>${language.title()}</h2>${random.times(random.int(2, 4), () => `<label>${language.label()}</label><div class="field"></div>`).join('')}<p><span class="button main">${language.label()}</span></p><a>${language.label()}?</a></div>`,
  dashboard: ({ random, language, hue, card }) =>
    `<div class="row"><div style="width:160px">${random.times(random.int(5, 9), () => `<p>◆ ${language.label()}</p>`).join('')}</div><div style="flex:1"><div class="grid">${random.times(random.int(3, 4), () => `<div class="${card}"><small>${language.label()}</small><h1 style="margin:4px 0">${random.int(10, 9999)}</h1><small style="color:${random.chance(0.5) ? '#2a2' : '#c33'}">▲ ${random.int(1, 40)} %</small></div>`).join('')}</div><div class="${card}" style="height:170px;display:flex;align-items:end;gap:5px">${random.times(random.int(10, 26), () => `<i style="flex:1;height:${random.int(5, 95)}%;background:hsl(${hue} 60% 55%)"></i>`).join('')}</div>${rows(random, language)}</div></div>`,
  admin: ({ random, language }) =>
    `<div class="row"><h2 style="flex:1">${language.title()}</h2><span class="button main">+ ${language.label()}</span></div><div class="row"><div class="field" style="flex:1">⌕</div><span class="button">${language.label()} ▾</span></div>${rows(random, language)}${rows(random, language)}<p style="text-align:center">‹ 1 <b>2</b> 3 … ${random.int(5, 40)} ›</p>`,
  settings: ({ random, language }) =>
    random
      .times(
        random.int(6, 11),
        () =>
          `<div class="row" style="border-bottom:1px solid #8883;padding:10px 0"><div style="flex:1"><b>${language.label()}</b><br><small>${language.title()}</small></div><span style="width:40px;height:22px;border-radius:11px;background:${random.chance(0.5) ? 'var(--accent)' : '#8888'}"></span></div>`,
      )
      .join(''),
  gallery: ({ random, photo }) =>
    `<div style="display:grid;grid-template-columns:repeat(${random.int(3, 5)},1fr);gap:${random.int(1, 10)}px">${random.times(random.int(9, 20), () => `<img src="${photo()}" style="aspect-ratio:1">`).join('')}</div>`,
  talk: ({ random, language }) =>
    random
      .times(
        random.int(5, 10),
        () =>
          `<div class="row" style="justify-content:${random.chance(0.4) ? 'end' : 'start'}"><span style="padding:8px 14px;border-radius:16px;max-width:75%;background:${random.chance(0.5) ? 'color-mix(in srgb,var(--accent) 40%,white)' : '#8883'}">${language.sentence()}</span></div>`,
      )
      .join(''),
  editor: ({ random, language, card }) =>
    `<div class="row">${random.times(8, () => `<span class="button">${random.pick([...'BIUS≡≣🔗❝'])}</span>`).join('')}</div><div class="${card}" style="min-height:240px"><h2>${language.title()}</h2><p>${language.paragraph(random.int(2, 5))}</p></div><span class="button main">${language.label()}</span>`,
};

/** @type {Record<string, (context: Context) => string>} */
const HELD_OUT = {
  board: ({ random, language, card }) =>
    `<div class="row" style="align-items:start">${random.times(random.int(3, 4), () => `<div style="flex:1;background:#8882;border-radius:8px;padding:10px"><b>${language.label()}</b>${random.times(random.int(2, 5), () => `<div class="${card}"><small style="background:hsl(${random.int(0, 360)} 60% 70%);padding:1px 8px;border-radius:8px">${language.label()}</small><p>${language.title()}</p></div>`).join('')}</div>`).join('')}</div>`,
  profile: ({ random, language, photo }) =>
    `<img src="${photo()}" style="width:100%;height:170px"><img src="${photo()}" style="width:110px;height:110px;border-radius:55px;margin:-50px auto 0;border:4px solid #fff"><h2 style="text-align:center">${language.text(2)}</h2><p style="text-align:center">${random.int(10, 900)} ${language.label()} · ${random.int(10, 900)} ${language.label()}</p>${random.times(3, () => `<hr><p>${language.paragraph(1)}</p>♡ ${random.int(0, 99)} 💬 ${random.int(0, 30)}`).join('')}`,
  player: ({ random, language, photo }) =>
    `<div style="position:relative"><img src="${photo()}" style="width:100%;height:300px"><span style="position:absolute;inset:120px 45%;font-size:60px;color:#fff;text-shadow:0 0 8px #000">▶</span></div><div style="height:4px;background:linear-gradient(90deg,red ${random.int(10, 90)}%,#8888 0)"></div><h3>${language.title()}</h3>${rows(random, language)}`,
  cart: ({ random, language, photo }) =>
    `${random.times(random.int(3, 6), () => `<div class="row"><img src="${photo()}" style="width:64px;height:64px"><span style="flex:1">${language.title()}</span><span class="field">− ${random.int(1, 5)} +</span><b>${random.int(3, 300)}.00</b></div><hr>`).join('')}<p style="text-align:end"><span class="button main">${language.label()}</span></p>`,
};

/**
 * @param {Random} random
 * @param {{ split: string, photos: string[] }} material
 * @returns {Page}
 */
export function drawWebPage(random, { split, photos }) {
  const language = createLanguage(random);
  const hue = random.int(0, 360);
  const dark = random.chance(0.3);
  const phone = random.chance(0.4);
  const card = random.pick(['flat', 'shadow', 'outlined']);
  let whole = false;
  const photo = () => {
    whole = true;
    return random.pick(photos);
  };
  const context = { random, language, hue, card, photo };
  const content = random.pick(Object.values(split === 'train' ? TRAINED : HELD_OUT))(context);
  const width = phone ? random.int(320, 414) : random.int(640, 1180);
  const height = phone ? random.int(560, 840) : random.int(440, 820);
  const font = random.pick([
    'Inter',
    'Roboto',
    'Lato',
    "'Open Sans'",
    "'Liberation Sans'",
    "'EB Garamond'",
  ]);
  const bar = phone
    ? `<div style="display:flex;justify-content:space-between;padding:4px 14px;font-size:12px;background:#0002"><b>${random.int(1, 23)}:${random.int(10, 59)}</b><span>▂▄▆ ▮ ${random.int(5, 100)}%</span></div>`
    : '';
  const head = `<header>${random.chance(0.5) ? '☰' : '←'} <b>${language.title()}</b><span style="flex:1"></span>${phone ? '⌕ ⋮' : language.menu(5).join(' &nbsp; ')}</header>`;
  const foot =
    phone && random.chance(0.5)
      ? `<footer><span>⌂</span><span>⌕</span><span>♡</span><span>☺</span></footer>`
      : '';
  const filled = random.chance(0.5);
  return {
    width,
    height,
    whole,
    html: `<!doctype html><html dir="${language.direction}"><meta charset="utf-8"><style>*{box-sizing:border-box}html{--accent:hsl(${hue} 65% 48%)}
body{margin:0;min-height:100vh;background:${dark ? `hsl(${hue} 15% 12%)` : random.pick(['#fff', '#f5f6f8', '#fafafa'])};color:${dark ? '#e8e8e8' : '#222'};font:${random.int(13, 16)}px/1.4 ${font},'Noto Sans','WenQuanYi Zen Hei',sans-serif}
header{display:flex;gap:14px;padding:14px 20px;background:${filled ? 'var(--accent)' : 'transparent'};color:${filled ? '#fff' : 'inherit'};border-bottom:1px solid #8884}footer{position:fixed;bottom:0;width:100%;display:flex;justify-content:space-around;padding:10px;background:${dark ? '#222' : '#fff'};border-top:1px solid #8884;font-size:22px}
main{padding:${random.int(10, 30)}px}.row{display:flex;gap:14px;margin:8px 0;align-items:center}.grid{display:grid;grid-template-columns:repeat(${phone ? 2 : 3},1fr);gap:14px}.flat,.shadow,.outlined{padding:12px;margin:6px 0;border-radius:${random.int(0, 14)}px}.flat{background:#8881}.shadow{box-shadow:0 2px 10px #0003;background:${dark ? '#2a2a30' : '#fff'}}.outlined{border:1px solid #8885}
.field{border:1px solid #8887;border-radius:6px;padding:7px;min-height:36px;margin:4px 0 10px}.button{display:inline-block;border:1px solid #8886;border-radius:6px;padding:6px 14px}.main{background:var(--accent);color:#fff}img{display:block;width:100%;object-fit:cover}.shadow>img,.flat>img,.outlined>img{height:120px}hr{border:0;border-top:1px solid #8884}a{color:var(--accent)}table{width:100%;border-collapse:collapse}td{padding:7px;border-bottom:1px solid #8884}</style>${bar}${head}<main>${content}</main>${foot}</html>`,
  };
}

/** @param {Random} random @param {Language} language */
function rows(random, language) {
  return `<table>${random.times(random.int(3, 8), () => `<tr><td>☐ ${language.title()}</td><td>${random.int(1, 999)}</td><td>${language.label()}</td></tr>`).join('')}</table>`;
}
