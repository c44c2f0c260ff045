// What stands in the windows of invented programs: dialogs, editors, lists, menus, tool bars, terminals.

/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('./language.mjs').Language} Language */

/**
 * @typedef {object} Context
 * @property {Random} random
 * @property {Language} language
 * @property {import('./windows.mjs').Look} look
 * @property {() => string} photo the address of a photo
 * @property {() => string} symbol a sign or an icon of a program
 */

/** @typedef {{ html: string, width?: number, title?: string, bare?: number }} Body `bare`: chance of no title bar */

/** Signs for a program without icons. */
export const SYMBOLS = [...'⬚✎✂⌖◐◧▤▦☰⚙✚⤢⟲⟳⌫▶■●◆★☆✓⚑⌕⎘⎙☁☼☾♪♫✉☎⏏⏸⏹⏺⇄⇪↶↷◫▧▣◰◲⬓⬔⛶⌗⌘⎇⏎'];
const COLOURS = [
  '#d33',
  '#37c',
  '#393',
  '#e90',
  '#849',
  '#099',
  '#555',
  '#c63',
  'currentColor',
  'currentColor',
];
const FILES = [
  'png',
  'txt',
  'pdf',
  'odt',
  'mp3',
  'tar.gz',
  'csv',
  'html',
  'py',
  'jpg',
  'md',
  'log',
];

/** @type {Record<string, (context: Context) => Body>} */
export const bodies = {
  settings: (context) => {
    const { random, language } = context;
    const tabs = random.int(0, 6);
    return {
      width: random.int(340, 640),
      html: `${tabs > 1 ? `<div class="tabs">${random.times(tabs, (index) => `<span class="tab ${index === 0 ? 'on' : ''}">${language.label()}</span>`).join('')}</div>` : ''}
<div class="pad">${random.times(random.int(1, 3), () => group(context)).join('')}${buttons(context)}</div>`,
    };
  },
  options: (context) => ({
    width: context.random.int(180, 320),
    bare: 0.6,
    html: `<div class="pad">${context.random.times(context.random.int(4, 12), () => control(context)).join('')}</div>`,
  }),
  message: (context) => {
    const { random, language } = context;
    return {
      width: random.int(280, 480),
      html: `<div class="pad"><div class="row" style="gap:16px"><span style="font-size:40px;color:${random.pick(COLOURS)}">${random.pick([...'⚠ℹ⛔❓✔⏻'])}</span><div><b>${language.title()}?</b><p>${language.paragraph(random.int(1, 3))}</p></div></div>${random.chance(0.3) ? `<div class="row">${checkBox(context)}</div>` : ''}${buttons(context)}</div>`,
    };
  },
  progress: (context) => {
    const { random, language } = context;
    return {
      width: random.int(300, 520),
      html: `<div class="pad">${random.times(random.int(1, 3), () => `<div>${language.sentence()}</div><div class="bar row"><i style="width:${random.int(5, 95)}%"></i></div><small>${random.int(1, 900)} MB / ${random.int(900, 4000)} MB, ${random.int(1, 59)} s</small>`).join('')}${buttons(context)}</div>`,
    };
  },
  files: (context) => {
    const { random, language, symbol } = context;
    const detailed = random.chance(0.6);
    const rows = random.int(6, 18);
    const content = detailed
      ? table(context, rows, 4)
      : `<div style="display:flex;flex-wrap:wrap;gap:14px;padding:12px" class="list">${random.times(rows, () => `<div style="width:76px;text-align:center"><div style="font-size:38px;color:${random.pick(['#48c', '#fa4', '#888', '#6a6'])}">${random.pick([...'▣🗀🗎🖿🖹🖻'])}</div>${language.label()}</div>`).join('')}</div>`;
    return {
      width: random.int(480, 900),
      html: `${menu(context)}${toolBar(context, random.int(5, 10))}<div class="split"><div class="side">${random.times(random.int(5, 10), (index) => `<div class="item ${index === 2 ? 'on' : ''}"><span style="color:${random.pick(COLOURS)}">${symbol()}</span>${language.label()}</div>`).join('')}</div><div class="grow">${content}</div></div><div class="status"><span>${rows} ${language.label()}</span><span>${random.int(1, 99)} GB</span></div>`,
    };
  },
  editor: (context) => {
    const { random } = context;
    return {
      width: random.int(440, 900),
      html: `${menu(context)}${random.chance(0.6) ? toolBar(context, random.int(6, 16)) : ''}<div class="split">${random.chance(0.4) ? `<div class="side">${tree(context)}</div>` : ''}<div class="grow">${code(random, random.int(12, 34), true)}</div></div><div class="status"><span>Ln ${random.int(1, 300)}, Col ${random.int(1, 80)}</span><span>UTF-8</span><span>${random.pick(['Python', 'C++', 'Rust', 'JSON', 'HTML'])}</span></div>`,
    };
  },
  terminal: ({ random, language }) => {
    const [ground, ink] = random.pick([
      ['#000', '#ccc'],
      ['#300a24', '#eee'],
      ['#fff', '#222'],
      ['#002b36', '#93a1a1'],
      ['#fdf6e3', '#586e75'],
      ['#1e1e1e', '#8f8'],
      ['#0c0c2c', '#ff0'],
    ]);
    return {
      width: random.int(420, 860),
      bare: 0.3,
      title: `user@${language.label()}: ~`,
      html: `<pre style="background:${ground};color:${ink};font-family:'DejaVu Sans Mono',Hack,monospace;padding:6px">${terminalLines(random, random.int(8, 32))}</pre>`,
    };
  },
  sheet: (context) => {
    const { random } = context;
    return {
      width: random.int(500, 900),
      html: `${menu(context)}${toolBar(context, 14)}<div class="row pad"><span class="field" style="width:70px">C${random.int(1, 30)}</span><span class="field grow">=SUM(C2:C${random.int(5, 30)})</span></div>${grid(context, random.int(10, 22), random.int(5, 9))}`,
    };
  },
  viewer: (context) => {
    const { random, photo } = context;
    return {
      width: random.int(420, 760),
      html: `${random.chance(0.6) ? menu(context) : ''}${toolBar(context, random.int(4, 10))}<div style="background:${random.pick(['#222', '#888', '#fff', '#333'])};padding:${random.int(6, 60)}px"><img src="${photo()}" style="width:100%;height:${random.int(160, 360)}px"></div><div class="status"><span>${random.int(400, 6000)} × ${random.int(400, 4000)}</span><span>${random.int(10, 200)} %</span></div>`,
    };
  },
  painter: (context) => {
    const { random, photo } = context;
    return {
      width: random.int(620, 980),
      html: `${menu(context)}<div class="split"><div style="width:${random.pick([36, 64, 120])}px;padding:4px">${toolBox(context, random.int(12, 30))}<div style="width:30px;height:30px;background:hsl(${random.int(0, 360)} 80% 50%);border:1px solid"></div></div><div class="grow" style="background:${random.pick(['#777', '#333', '#aaa'])};padding:${random.int(10, 50)}px">${random.chance(0.6) ? `<img src="${photo()}" style="width:100%;height:${random.int(200, 340)}px">` : `<div style="background:#fff;height:${random.int(200, 340)}px"></div>`}</div><div class="side" style="width:200px">${random.times(random.int(4, 9), () => control(context)).join('')}${tree(context)}</div></div><div class="status">px · 100 %</div>`,
    };
  },
  thumbnails: (context) => {
    const { random, photo, language } = context;
    return {
      width: random.int(480, 860),
      html: `${menu(context)}<div style="display:flex;flex-wrap:wrap;gap:8px;padding:10px" class="list">${random.times(random.int(6, 15), () => `<div style="width:110px"><img src="${photo()}" style="width:110px;height:80px">${language.label()}</div>`).join('')}</div>`,
    };
  },
  popup: (context) => ({ width: context.random.int(150, 300), bare: 0.95, html: popup(context) }),
  menuBar: (context) => ({
    width: context.random.int(420, 800),
    bare: 0.4,
    html: `${menu(context)}<div style="width:220px;margin-inline-start:${context.random.int(0, 160)}px;border:1px solid ${context.look.line}">${popup(context)}</div>`,
  }),
  toolBar: (context) => ({
    width: context.random.int(260, 700),
    bare: 0.8,
    html: context.random
      .times(context.random.int(1, 3), () => toolBar(context, context.random.int(8, 24)))
      .join(''),
  }),
  toolBox: (context) => ({
    width: context.random.int(70, 220),
    bare: 0.5,
    html: `<div class="pad">${toolBox(context, context.random.int(10, 40))}</div>`,
  }),
  widget: (context) => ({
    width: context.random.int(70, 260),
    bare: 0.9,
    html: `<div class="pad">${context.random.times(context.random.int(1, 2), () => (context.random.chance(0.3) ? `<span class="button">${context.random.chance(0.5) ? context.symbol() : ''} ${context.language.label()}</span>` : control(context))).join('')}</div>`,
  }),
  mail: (context) => {
    const { random, language } = context;
    return {
      width: random.int(600, 940),
      html: `${menu(context)}${toolBar(context, 9)}<div class="split"><div class="side">${tree(context)}</div><div class="grow">${table(context, random.int(4, 9), 3)}<div class="pad field" style="white-space:normal;min-height:120px"><b>${language.title()}</b><p>${language.paragraph(random.int(2, 6))}</p></div></div></div>`,
    };
  },
  chat: (context) => {
    const { random, language, look } = context;
    return {
      width: random.int(320, 640),
      html: `<div class="pad" style="background:${look.field}">${random
        .times(random.int(4, 10), () => {
          const mine = random.chance(0.4);
          return `<div class="row ${mine ? 'end' : ''}"><div style="max-width:75%;padding:6px 10px;border-radius:10px;background:${mine ? look.accent : look.line}">${language.sentence()}</div></div>`;
        })
        .join(
          '',
        )}</div><div class="row pad"><span class="field grow">${language.label()}</span><span class="button">➤</span></div>`,
    };
  },
  player: (context) => {
    const { random, language, look } = context;
    return {
      width: random.int(300, 700),
      html: `<div class="row pad"><div style="width:80px;height:80px;background:linear-gradient(45deg,hsl(${random.int(0, 360)} 60% 50%),hsl(${random.int(0, 360)} 60% 40%))"></div><div class="grow"><b>${language.title()}</b><p>${language.title()}</p><div class="bar"><i style="width:${random.int(5, 95)}%"></i></div></div></div><div class="row pad" style="justify-content:center;font-size:22px;gap:20px;color:${look.accent}">⏮ ⏯ ⏭ ⏹</div>${table(context, random.int(0, 10), 4)}`,
    };
  },
  calendar: (context) => {
    const { random, language, look } = context;
    const start = random.int(0, 6);
    const cells = random.times(42, (index) => {
      const day = index - start + 1;
      const busy = random.chance(0.2)
        ? `<div style="background:${look.accent};color:${look.accentText};font-size:9px;overflow:hidden">${language.label()}</div>`
        : '';
      return `<td style="height:${random.pick([34, 34, 60])}px;vertical-align:top">${day > 0 && day < 32 ? day : ''}${busy}</td>${index % 7 === 6 ? '</tr><tr>' : ''}`;
    });
    return {
      width: random.int(300, 760),
      html: `${toolBar(context, 6)}<table style="table-layout:fixed"><tr>${cells.join('')}</tr></table>`,
    };
  },
  browser: (context) => {
    const { random, language, photo, look } = context;
    return {
      width: random.int(620, 980),
      html: `<div class="tabs">${random.times(random.int(1, 4), (index) => `<span class="tab ${index === 0 ? 'on' : ''}">${language.title().slice(0, 18)} ×</span>`).join('')}</div><div class="row pad">← → ⟳ <span class="field grow">https://www.example.org/${random.int(1, 99)}</span> ☰</div>
<div style="background:#fff;color:#222;min-height:300px"><div style="background:${look.accent};color:${look.accentText};padding:14px 24px;display:flex;gap:24px"><b>${language.title()}</b>${language.menu(5).join(' &nbsp; ')}</div><div class="pad"><h2>${language.title()}</h2><div class="row" style="align-items:start">${random.chance(0.5) ? `<img src="${photo()}" style="width:45%;height:180px">` : ''}<p>${language.paragraph(random.int(3, 8))}</p></div>${random.chance(0.4) ? buttons(context) : ''}</div></div>`,
    };
  },
  game: ({ random, language, photo }) => {
    const ground = random.chance(0.3)
      ? `url("${photo()}") center/cover`
      : `linear-gradient(${random.int(0, 360)}deg,hsl(${random.int(0, 360)} 70% 20%),hsl(${random.int(0, 360)} 60% 45%))`;
    return {
      width: random.int(480, 860),
      bare: 0.8,
      html: `<div style="background:${ground};color:#fff;padding:40px;text-align:center;text-shadow:0 2px 4px #000"><h1 style="font:bold 42px 'Comic Neue','EB Garamond'">${language.title()}</h1>${random.times(random.int(3, 6), () => `<div style="margin:10px auto;width:240px;padding:8px;border:2px solid #fffb;border-radius:${random.pick([0, 8, 24])}px;background:#0006;font-size:18px">${language.label()}</div>`).join('')}<small>v${random.int(0, 3)}.${random.int(0, 20)}</small></div>`,
    };
  },
};

/** @param {Context} context */
function menu({ random, language }) {
  return `<div class="menu">${language
    .menu(random.int(3, 8))
    .map((label) => `<span>${label}</span>`)
    .join('')}</div>`;
}

/** @param {Context} context @param {number} count */
function toolBar({ random, language, symbol }, count) {
  const labelled = random.chance(0.2);
  return `<div class="tools">${random.times(count, () => `<span class="tool ${random.chance(0.08) ? 'on' : ''}" style="color:${random.pick(COLOURS)};${labelled ? 'width:auto;padding:0 6px;font-size:12px' : ''}">${symbol()}${labelled ? ` ${language.label()}` : ''}</span>`).join('')}</div>`;
}

/** @param {Context} context @param {number} count */
function toolBox({ random, symbol }, count) {
  return `<div style="display:flex;flex-wrap:wrap;gap:2px">${random.times(count, () => `<span class="tool ${random.chance(0.05) ? 'on' : ''}" style="color:${random.pick(COLOURS)}">${symbol()}</span>`).join('')}</div>`;
}

/** @param {Context} context */
function popup({ random, language, symbol }) {
  return `<div style="padding:4px 0">${random
    .times(random.int(4, 14), (index) =>
      random.chance(0.15)
        ? '<hr>'
        : `<div class="item ${index === 2 && random.chance(0.5) ? 'on' : ''}"><span style="width:18px">${random.chance(0.4) ? symbol() : ''}</span><span class="grow">${language.label()}</span><span>${random.chance(0.4) ? `Ctrl+${random.pick([...'ACNOPSVXZ'])}` : random.chance(0.2) ? '▸' : ''}</span></div>`,
    )
    .join('')}</div>`;
}

/** @param {Context} context */
function group(context) {
  const { random, language } = context;
  return `<div class="group">${random.chance(0.7) ? `<b>${language.label()}</b>` : ''}${random.times(random.int(2, 6), () => control(context)).join('')}</div>`;
}

/** @param {Context} context */
function checkBox({ random, language }) {
  const on = random.chance(0.5);
  const round = random.chance(0.3);
  return `<span class="check ${round ? 'round' : ''}">${on ? (round ? '●' : '✓') : ''}</span>${language.label()}`;
}

/** @param {Context} context @returns {string} one row: a label and a field, a slider, a box to tick … */
function control(context) {
  const { random, language } = context;
  const label = `<span style="min-width:${random.int(60, 110)}px">${language.label()}:</span>`;
  const choices = [
    `${label}<span class="field grow">${random.chance(0.5) ? language.label() : ''}</span>`,
    `${label}<span class="field grow">${language.label()}<span style="float:inline-end">▾</span></span>`,
    `${label}<span class="field" style="width:70px">${random.int(0, 400)}<span style="float:inline-end">⬍</span></span><span>${random.pick(['px', '%', 'mm', 's', ''])}</span>`,
    `${label}<span class="slider grow"><i style="inset-inline-start:${random.int(0, 90)}%"></i></span><span>${random.int(0, 100)}</span>`,
    checkBox(context),
    checkBox(context),
    `${label}<span class="button">${language.label()}</span>`,
    `${label}<span style="width:60px;height:16px;border:1px solid;background:hsl(${random.int(0, 360)} ${random.int(0, 100)}% ${random.int(10, 90)}%)"></span>`,
  ];
  return `<div class="row">${random.pick(choices)}</div>`;
}

/** @param {Context} context */
function buttons({ random, language }) {
  const more = random.times(
    random.int(0, 2),
    () => `<span class="button">${language.label()}</span>`,
  );
  return `<div class="row end">${more.join('')}<span class="button">${language.cancel}</span><span class="button main">${language.ok}</span></div>`;
}

/** @param {Context} context */
function tree({ random, language, symbol }) {
  return random
    .times(
      random.int(5, 14),
      (index) =>
        `<div class="item ${index === 3 ? 'on' : ''}" style="padding-inline-start:${random.pick([4, 16, 28])}px">${random.pick(['▸', '▾', ' '])} <span style="color:${random.pick(COLOURS)}">${symbol()}</span> ${language.label()}</div>`,
    )
    .join('');
}

/** @param {Context} context @param {number} rows @param {number} columns */
function table({ random, language }, rows, columns) {
  const head = random.times(columns, () => `<th>${language.label()}</th>`).join('');
  const cell = (/** @type {number} */ column) =>
    column === 0
      ? `${language.label()}.${random.pick(FILES)}`
      : random.pick([
          `${random.int(1, 999)} kB`,
          `20${random.int(10, 26)}-${random.int(10, 12)}-${random.int(10, 28)}`,
          language.label(),
        ]);
  return `<table><tr>${head}</tr>${random.times(rows, () => `<tr>${random.times(columns, (column) => `<td>${cell(column)}</td>`).join('')}</tr>`).join('')}</table>`;
}

/** @param {Context} context @param {number} rows @param {number} columns */
function grid({ random, language }, rows, columns) {
  const head = `<tr><th></th>${random.times(columns, (column) => `<th>${String.fromCharCode(65 + column)}</th>`).join('')}</tr>`;
  const filled = random.int(3, rows);
  return `<table>${head}${random.times(rows, (row) => `<tr><th>${row + 1}</th>${random.times(columns, (column) => `<td style="min-width:60px">${row > filled ? '' : column === 0 ? language.label() : random.int(1, 9999)}</td>`).join('')}</tr>`).join('')}</table>`;
}

const KEYWORDS = [
  'def',
  'return',
  'if',
  'else',
  'for',
  'while',
  'const',
  'let',
  'import',
  'from',
  'class',
  'public',
  'static',
  'void',
  'struct',
  'fn',
  'match',
  'end',
  'begin',
  'async',
  'await',
];
const NAMES = [
  'count',
  'index',
  'value',
  'items',
  'result',
  'buffer',
  'size',
  'node',
  'path',
  'name',
  'parse',
  'open',
  'send',
  'update',
  'render',
  'total',
  'queue',
  'left',
  'right',
  'error',
  'self',
  'config',
];

/**
 * Lines that look like a program.
 * @param {Random} random
 * @param {number} lines
 * @param {boolean} coloured
 */
export function code(random, lines, coloured) {
  const paint = (/** @type {string} */ text, /** @type {number} */ hue) =>
    coloured ? `<span style="color:hsl(${hue} 65% 50%)">${text}</span>` : text;
  let depth = 0;
  const numbered = random.chance(0.6);
  const text = random
    .times(lines, (line) => {
      depth = Math.max(0, Math.min(5, depth + random.int(-1, 1)));
      const parts = [
        paint(random.pick(KEYWORDS), 280),
        random.pick(NAMES),
        random.pick(['=', '(', '.', ' + ', ' == ']),
        random.pick(NAMES),
      ];
      if (random.chance(0.4))
        parts.push(
          '(',
          paint(`"${random.pick(NAMES)} ${random.pick(NAMES)}"`, 110),
          ', ',
          paint(String(random.int(0, 999)), 25),
          ')',
        );
      if (random.chance(0.15))
        parts.push(
          ' ',
          paint(`// ${random.pick(NAMES)} ${random.pick(NAMES)} ${random.pick(NAMES)}`, 200),
        );
      const content = random.chance(0.1) ? '' : `${'    '.repeat(depth)}${parts.join(' ')}`;
      return `${numbered ? `<span style="opacity:.5">${String(line + 1).padStart(3)} </span>` : ''}${content}`;
    })
    .join('\n');
  return `<pre style="font-family:${random.pick(['Hack', "'Fira Code'", "'DejaVu Sans Mono'", "'Liberation Mono'", "'Courier Prime'"])},monospace">${text}</pre>`;
}

/** @param {Random} random @param {number} lines */
function terminalLines(random, lines) {
  const name = () =>
    `${random.pick(NAMES)}${random.pick(['', '-', '_'])}${random.pick(NAMES)}.${random.pick(FILES)}`;
  return random
    .times(lines, () =>
      random.pick([
        () =>
          `<b style="color:#5c5">user@host</b>:<b style="color:#58f">~/${random.pick(NAMES)}</b>$ ${random.pick(['ls -l', 'git status', 'make', 'grep -r', 'ssh', 'cat', 'tail -f', 'npm test'])} ${random.pick(NAMES)}`,
        () =>
          `-rw-r--r-- 1 user user ${String(random.int(10, 99999)).padStart(7)} ${random.pick(['Jan', 'Feb', 'May', 'Oct'])} ${random.int(10, 28)} ${random.int(10, 23)}:${random.int(10, 59)} ${name()}`,
        () => `[${random.int(10, 99)}%] Building CXX object src/${name()}.o`,
        () => `drwxr-xr-x 2 user user    4096 <b style="color:#58f">${random.pick(NAMES)}</b>`,
        () => `${name()}   ${name()}   ${name()}`,
        () =>
          `<span style="color:#c44">${random.pick(['error', 'warning', 'E:'])}</span>: ${random.pick(NAMES)} ${random.pick(NAMES)} at line ${random.int(1, 400)}`,
        () =>
          `64 bytes from 192.0.2.${random.int(1, 254)}: icmp_seq=${random.int(1, 99)} ttl=64 time=${random.int(1, 99)}.${random.int(0, 9)} ms`,
      ])(),
    )
    .join('\n');
}
