// Windows of invented programs: a look, a title bar, and one of the bodies.
import { readFileSync } from 'node:fs';
import { bodies, SYMBOLS } from './bodies.mjs';
import { createLanguage } from './language.mjs';

/** @typedef {import('../random.mjs').Random} Random */
/**
 * @typedef {object} Page
 * @property {string} html
 * @property {number} width of the browser's window, in pixels
 * @property {number} height
 * @property {string} [clip] the element that is taken; default: what the window shows
 * @property {boolean} [whole] a part of it could be something else, as one with nothing but a photo
 */

/**
 * @typedef {object} Look
 * @property {string} name
 * @property {string} split
 * @property {string} font
 * @property {number} size of the font, in pixels
 * @property {string} title
 * @property {string} titleText
 * @property {string} titleAlign
 * @property {string} face
 * @property {string} text
 * @property {string} field
 * @property {string} line
 * @property {string} accent
 * @property {string} accentText
 * @property {number} radius in pixels
 * @property {string} border
 * @property {string} button
 * @property {string} buttonBorder
 * @property {string} fieldBorder
 * @property {string} controls
 */

/** @type {Look[]} */
const looks = JSON.parse(readFileSync(new URL('looks.json', import.meta.url), 'utf8'));

/**
 * @param {Random} random
 * @param {{ split: string, photos: string[], icons: string[], body?: string | undefined }} material the addresses of
 *   photos and icons that windows may show; `body` names one of the bodies, default any
 * @returns {Page} the whole window, or with `clip` a part of it
 */
export function drawWindow(random, { split, photos, icons, body: wanted }) {
  const look = random.pick(looks.filter((candidate) => candidate.split === split));
  const language = createLanguage(random);
  const [name, draw] = random.pick(
    Object.entries(bodies).filter(([candidate]) => wanted === undefined || candidate === wanted),
  );
  const iconSize =
    icons.length > 0 && random.chance(0.6) ? random.pick([16, 16, 22, 22, 24, 32]) : 0;
  const symbol = () =>
    iconSize > 0
      ? `<img src="${random.pick(icons)}" style="width:${iconSize}px;height:${iconSize}px">`
      : random.pick(SYMBOLS);
  let whole = false;
  const photo = () => {
    whole = true;
    return random.pick(photos);
  };
  const body = draw({ random, language, look, photo, symbol });
  const width = body.width ?? random.int(300, 900);
  const bare = random.chance(body.bare ?? 0.2);
  const small = (body.bare ?? 0) > 0.5;
  const onDesktop = !small && random.chance(0.14);
  const titleBar = bare ? '' : drawTitleBar(random, look, body.title ?? language.title());
  const desktop = onDesktop
    ? random.chance(0.4)
      ? `url("${photo()}") center/cover`
      : `linear-gradient(${random.int(0, 360)}deg,hsl(${random.int(0, 360)} 50% 45%),hsl(${random.int(0, 360)} 50% 30%))`
    : look.face;
  return {
    width: onDesktop ? width + random.int(60, 300) : width,
    height: onDesktop ? random.int(420, 700) : 1200,
    whole: whole || onDesktop,
    ...(onDesktop ? {} : { clip: '.window' }),
    html: `<!doctype html><html dir="${language.direction}" class="${name}"><meta charset="utf-8"><style>${stylesheet(look)}
body{min-height:${onDesktop ? 100 : 0}vh;background:${desktop}}.window{width:${width}px;${onDesktop ? `margin:${random.int(10, 60)}px ${random.int(20, 80)}px;box-shadow:0 6px 30px #0008` : ''}}</style>
<div class="window">${titleBar}<div class="face">${body.html}</div></div></html>`,
  };
}

/**
 * @param {Random} random
 * @param {Look} look
 * @param {string} title
 */
function drawTitleBar(random, look, title) {
  const controls =
    look.controls === 'dots'
      ? '<i style="background:#ff5f57"></i><i style="background:#febc2e"></i><i style="background:#28c840"></i>'
      : look.controls
          .split(' ')
          .map((control) => `<b>${control}</b>`)
          .join('');
  const before = look.controls === 'dots' || random.chance(0.15);
  return `<div class="title">${before ? `<span class="controls">${controls}</span>` : '<span>◈</span>'}<span class="name">${title}</span>${before ? '' : `<span class="controls">${controls}</span>`}</div>`;
}

/** @param {Look} look */
function stylesheet(look) {
  return `*{box-sizing:border-box}body{margin:0;font:${look.size}px ${look.font},'Noto Sans','WenQuanYi Zen Hei',sans-serif;color:${look.text}}
.window{border:${look.border};border-radius:${look.radius}px ${look.radius}px 0 0;overflow:hidden;display:inline-block}
.title{display:flex;gap:8px;align-items:center;padding:${look.size / 3}px 8px;background:${look.title};color:${look.titleText};font-weight:600}
.title .name{flex:1;text-align:${look.titleAlign};white-space:nowrap;overflow:hidden}.controls{display:flex;gap:7px}.controls i{width:12px;height:12px;border-radius:6px}
.face{background:${look.face}}.pad{padding:10px}.row{display:flex;gap:8px;align-items:center;margin:6px 0}.grow{flex:1}.end{justify-content:flex-end}
.button{background:${look.button};border:${look.buttonBorder};border-radius:${Math.min(look.radius, 6)}px;padding:3px 14px;white-space:nowrap}.button.main{outline:1px solid ${look.accent}}
.field{background:${look.field};border:${look.fieldBorder};border-radius:${Math.min(look.radius, 5)}px;padding:2px 6px;min-height:${look.size * 1.7}px;white-space:nowrap;overflow:hidden}
.menu{display:flex;gap:14px;padding:3px 8px;border-bottom:1px solid ${look.line}}.tools{display:flex;flex-wrap:wrap;gap:4px;padding:4px 6px;border-bottom:1px solid ${look.line}}
.tool{min-width:24px;min-height:24px;border-radius:3px;display:grid;place-items:center;font-size:16px}.tool.on{background:${look.accent};color:${look.accentText}}
.tabs{display:flex;gap:2px;border-bottom:1px solid ${look.line};padding:6px 6px 0}.tab{padding:3px 10px;border:1px solid ${look.line};border-bottom:0;border-radius:4px 4px 0 0}.tab.on{background:${look.field};font-weight:600}
.list{background:${look.field};border:${look.fieldBorder};padding:2px}.item{padding:2px 6px;white-space:nowrap;overflow:hidden;display:flex;gap:8px}.item.on{background:${look.accent};color:${look.accentText}}
.status{border-top:1px solid ${look.line};padding:2px 8px;display:flex;gap:20px;opacity:.85}.group{border:1px solid ${look.line};border-radius:4px;padding:8px;margin:8px 0}
.group>b{display:block;margin-bottom:4px}.bar{height:12px;background:${look.field};border:1px solid ${look.line};border-radius:6px;overflow:hidden}.bar i{display:block;height:100%;background:${look.accent}}
.slider{height:4px;background:${look.line};border-radius:2px;position:relative}.slider i{position:absolute;top:-6px;width:14px;height:16px;border-radius:7px;background:${look.button};border:1px solid ${look.line}}
.split{display:flex}.side{width:170px;border-inline-end:1px solid ${look.line};padding:6px}table{border-collapse:collapse;width:100%;background:${look.field}}td,th{border:1px solid ${look.line};padding:2px 6px;white-space:nowrap;overflow:hidden;max-width:160px}
th{background:${look.face};font-weight:600}pre{margin:0;padding:8px;background:${look.field};overflow:hidden;font-size:${look.size}px;line-height:1.35}hr{border:0;border-top:1px solid ${look.line};margin:3px 0}
img{display:block;object-fit:cover}.check{width:13px;height:13px;border:1px solid ${look.line};background:${look.field};display:inline-grid;place-items:center;font-size:11px;flex:none}.round{border-radius:7px}`;
}
