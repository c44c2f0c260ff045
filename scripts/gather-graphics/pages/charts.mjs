// Charts, diagrams and maps of invented data, drawn in a page by libraries from npm.
import { createLanguage } from './language.mjs';

/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {import('./language.mjs').Language} Language */
/** @typedef {import('./windows.mjs').Page} Page */
/** @typedef {{ random: Random, language: Language, modules: string, dark: boolean, width: number, height: number }} Context
 *   `modules` is the address of a folder node_modules */

/** @type {Record<string, (context: Context) => string>} */
const TRAINED = { echarts, vega, mermaid, mermaid2: mermaid, map, map2: map };
/** @type {Record<string, (context: Context) => string>} */
const HELD_OUT = { chartJs, plotly, tree };

/**
 * @param {Random} random
 * @param {{ split: string, modules: string }} material
 * @returns {Page}
 */
export function drawChart(random, { split, modules }) {
  const language = createLanguage(random);
  const dark = random.chance(0.15);
  const [width, height] = [random.int(300, 820), random.int(240, 600)];
  const draw = random.pick(Object.values(split === 'train' ? TRAINED : HELD_OUT));
  const background = dark ? '#1c1e26' : random.pick(['#fff', '#fff', '#fff', '#f7f7f2']);
  const font = random.pick([
    'Lato',
    "'Open Sans'",
    "'DejaVu Sans'",
    "'Liberation Sans'",
    "'EB Garamond'",
  ]);
  return {
    width,
    height,
    html: `<!doctype html><meta charset="utf-8"><style>body{margin:0;padding:10px;background:${background};color:${dark ? '#ddd' : '#222'};font:13px ${font},'Noto Sans','WenQuanYi Zen Hei',sans-serif}#chart{width:${width - 20}px;height:${height - 20}px}</style><div id="chart"></div><script>window.drawn=false;const ready=()=>requestAnimationFrame(()=>requestAnimationFrame(()=>{window.drawn=true}));</script>${draw({ random, language, modules, dark, width, height })}`,
  };
}

/** @param {Random} random @param {number} count @returns {number[]} a walk, so that neighbours are alike */
function values(random, count) {
  let level = random.int(20, 80);
  return random.times(count, () => {
    level = Math.max(1, level + random.int(-15, 16));
    return level;
  });
}

/** @param {Context} context @param {number} count */
const names = ({ language }, count) => Array.from({ length: count }, () => language.text(1));

/** @param {string} modules @param {...string} files */
const scripts = (modules, ...files) =>
  files.map((file) => `<script src="${modules}/${file}"></script>`).join('');

/** @param {Context} context */
function echarts(context) {
  const { random, language, modules, dark } = context;
  const count = random.int(4, 16);
  const series = (/** @type {string} */ type, /** @type {object} */ more = {}) =>
    random.times(random.int(1, 3), () => ({
      type,
      name: language.text(1),
      data: values(random, count),
      ...more,
    }));
  const axes = { xAxis: { data: names(context, count) }, yAxis: {} };
  const parts = () =>
    random.times(random.int(3, 8), () => ({ name: language.text(1), value: random.int(5, 90) }));
  const option = random.pick([
    () => ({
      ...axes,
      series: series('line', {
        smooth: random.chance(0.5),
        ...(random.chance(0.4) && { areaStyle: {} }),
      }),
    }),
    () => ({ ...axes, series: series('bar', random.chance(0.4) ? { stack: 'all' } : {}) }),
    () => ({
      xAxis: {},
      yAxis: {},
      series: random.times(2, () => ({
        type: 'scatter',
        data: random.times(50, () => [random.int(0, 100), random.int(0, 100)]),
      })),
    }),
    () => ({
      series: [
        {
          type: 'pie',
          radius: random.pick(['60%', ['35%', '65%']]),
          roseType: random.chance(0.3) ? 'area' : undefined,
          data: parts(),
        },
      ],
    }),
    () => ({
      radar: { indicator: names(context, 6).map((name) => ({ name, max: 100 })) },
      series: [
        {
          type: 'radar',
          data: random.times(2, () => ({ value: random.times(6, () => random.int(20, 100)) })),
        },
      ],
    }),
    () => ({
      series: [{ type: 'gauge', data: [{ value: random.int(0, 100), name: language.text(1) }] }],
    }),
    () => ({ series: [{ type: 'funnel', data: parts() }] }),
    () => ({ series: [{ type: 'treemap', data: parts() }] }),
    () => ({
      series: [
        {
          type: 'sunburst',
          radius: '90%',
          data: random.times(4, () => ({ name: language.text(1), children: parts().slice(0, 3) })),
        },
      ],
    }),
    () => {
      const left = ['a', 'b', 'c', 'd'];
      const right = ['x', 'y', 'z'];
      return {
        series: [
          {
            type: 'sankey',
            data: [...left, ...right].map((name) => ({ name })),
            links: left.flatMap((source) =>
              right.map((target) => ({ source, target, value: random.int(1, 9) })),
            ),
          },
        ],
      };
    },
    () => ({
      xAxis: { data: names(context, 20) },
      yAxis: { scale: true },
      series: [
        {
          type: 'candlestick',
          data: random.times(20, () => {
            const open = random.int(30, 70);
            const close = open + random.int(-10, 10);
            return [open, close, Math.min(open, close) - 4, Math.max(open, close) + 4];
          }),
        },
      ],
    }),
    () => ({
      xAxis: { data: names(context, 8) },
      yAxis: { data: names(context, 6) },
      visualMap: { min: 0, max: 9, calculable: true },
      series: [
        {
          type: 'heatmap',
          data: random.times(48, (index) => [index % 8, Math.floor(index / 8), random.int(0, 9)]),
          label: { show: true },
        },
      ],
    }),
    () => ({
      series: [
        {
          type: 'graph',
          layout: 'circular',
          data: random.times(12, (index) => ({
            name: String(index),
            symbolSize: random.int(8, 40),
          })),
          links: random.times(18, () => ({ source: random.int(0, 11), target: random.int(0, 11) })),
          lineStyle: { curveness: 0.3 },
        },
      ],
    }),
  ])();
  const common = {
    animation: false,
    ...(random.chance(0.6) && { title: { text: language.title() } }),
    ...(random.chance(0.5) && { legend: { bottom: 0 } }),
  };
  return `${scripts(modules, 'echarts/dist/echarts.min.js')}<script>echarts.init(document.getElementById('chart'),${dark ? "'dark'" : 'null'}).setOption(${JSON.stringify({ ...common, ...option })});ready()</script>`;
}

/** @param {Context} context */
function vega(context) {
  const { random, language, modules, width, height, dark } = context;
  const groups = names(context, random.int(2, 4));
  const rows = random.times(random.int(20, 120), (index) => ({
    a: index % 12,
    b: random.int(1, 100),
    c: random.pick(groups),
    d: random.int(1, 50),
  }));
  const mark = random.pick([
    'bar',
    'line',
    'area',
    'point',
    'circle',
    'rect',
    'tick',
    'boxplot',
    'arc',
  ]);
  const encoding =
    mark === 'arc'
      ? {
          theta: { field: 'b', aggregate: 'sum', type: 'quantitative' },
          color: { field: 'c', type: 'nominal' },
        }
      : mark === 'rect'
        ? {
            x: { field: 'a', type: 'ordinal' },
            y: { field: 'c', type: 'nominal' },
            color: { field: 'b', aggregate: 'mean', type: 'quantitative' },
          }
        : {
            x: {
              field: 'a',
              type: random.pick(['ordinal', 'quantitative']),
              title: language.text(1),
            },
            y: {
              field: 'b',
              type: 'quantitative',
              title: language.text(1),
              ...(mark === 'boxplot' || mark === 'tick' || mark === 'point' || mark === 'circle'
                ? {}
                : { aggregate: 'mean' }),
            },
            color: { field: 'c', type: 'nominal' },
            ...(mark === 'circle' && { size: { field: 'd', type: 'quantitative' } }),
          };
  const columns = mark !== 'arc' && random.chance(0.12);
  const specification = {
    data: { values: rows },
    mark,
    encoding: { ...encoding, ...(columns && { column: { field: 'c', type: 'nominal' } }) },
    width: columns ? 120 : width - 200,
    height: height - 90,
    ...(random.chance(0.5) && { title: language.title() }),
  };
  return `${scripts(modules, 'vega/build/vega.min.js', 'vega-lite/build/vega-lite.min.js', 'vega-embed/build/vega-embed.min.js')}<script>vegaEmbed('#chart',${JSON.stringify(specification)},{actions:false,theme:${JSON.stringify(dark ? 'dark' : random.pick([undefined, 'ggplot2', 'fivethirtyeight', 'excel', 'latimes', 'quartz']))}}).then(ready)</script>`;
}

/** @param {Context} context */
function mermaid({ random, language, modules, dark }) {
  const word = () => language.text(random.int(1, 3)).replace(/[^\p{L}\p{M} ]/gu, '');
  const text = random.pick([
    () => {
      const count = random.int(4, 12);
      const box = (/** @type {number} */ index) => {
        const [open, close] = random.pick([
          ['[', ']'],
          ['(', ')'],
          ['{', '}'],
          ['([', '])'],
          ['[(', ')]'],
          ['((', '))'],
        ]);
        return `n${index}${open}"${word()}"${close}`;
      };
      return `flowchart ${random.pick(['TD', 'LR'])}\n${random.times(count, (index) => `${box(index)}\n${index > 0 ? `n${random.int(0, index - 1)} ${random.pick(['-->', '---', '-.->', `-- ${word()} -->`])} n${index}` : ''}`).join('\n')}`;
    },
    () =>
      `sequenceDiagram\n${random.times(random.int(4, 10), () => `${random.pick(['A', 'B', 'C', 'D'])}${random.pick(['->>', '-->>', '-x'])}${random.pick(['A', 'B', 'C', 'D'])}: ${word()}`).join('\n')}`,
    () =>
      `classDiagram\n${random.times(random.int(3, 7), (index) => `class K${index} {\n +int ${random.pick(['size', 'count', 'id'])}\n +${random.pick(['open', 'close', 'run'])}()\n}\n${index > 0 ? `K${random.int(0, index - 1)} ${random.pick(['<|--', '*--', 'o--', '-->'])} K${index}` : ''}`).join('\n')}`,
    () =>
      `stateDiagram-v2\n[*] --> S0\n${random.times(random.int(3, 7), (index) => `S${index} --> S${index + 1}: ${word()}`).join('\n')}`,
    () =>
      `erDiagram\n${random.times(random.int(2, 6), (index) => `T${index} ||--o{ T${index + 1} : has\nT${index} {\nint id\nstring name\n}`).join('\n')}`,
    () =>
      `gantt\ndateFormat YYYY-MM-DD\n${random.times(random.int(2, 4), () => `section ${word()}\n${random.times(random.int(2, 4), () => `${word()} :2024-01-${random.int(10, 28)}, ${random.int(3, 30)}d`).join('\n')}`).join('\n')}`,
    () =>
      `mindmap\n  root((${word()}))\n${random.times(random.int(3, 6), () => `    ${word()}\n${random.times(random.int(0, 3), () => `      ${word()}`).join('\n')}`).join('\n')}`,
    () =>
      `pie title ${word()}\n${random.times(random.int(3, 6), () => `"${word()}" : ${random.int(5, 60)}`).join('\n')}`,
    () =>
      `timeline\ntitle ${word()}\n${random.times(random.int(3, 6), (index) => `${1990 + index * 5} : ${word()}`).join('\n')}`,
  ])();
  const theme = dark ? 'dark' : random.pick(['default', 'neutral', 'forest', 'base']);
  return `${scripts(modules, 'mermaid/dist/mermaid.min.js')}<script>mermaid.initialize({startOnLoad:false,theme:'${theme}'});mermaid.render('drawing',${JSON.stringify(text)}).then(({svg})=>{document.getElementById('chart').innerHTML=svg;ready()})</script>`;
}

/** @param {Context} context a map of the world or a part of it, or of the United States */
function map(context) {
  const { random, modules, width, height, dark } = context;
  const states = random.chance(0.2);
  const file = states
    ? 'us-atlas/states-10m.json'
    : `world-atlas/countries-${random.pick(['110m', '50m'])}.json`;
  const projection = states
    ? 'geoAlbersUsa()'
    : `${random.pick(['geoMercator', 'geoEqualEarth', 'geoNaturalEarth1', 'geoOrthographic', 'geoEquirectangular', 'geoConicEqualArea'])}().rotate([${random.pick([-10, -20, -60, -80, -100, -135, 60, 90, 100])},${random.int(-30, -5)}])`;
  const part = !states && random.chance(0.6);
  const scale = random.int(2, 7);
  const [land, sea, line] = random.pick([
    ['#e8e0c8', '#bcd9ee', '#777'],
    ['#ccc', '#fff', '#fff'],
    ['#f4f1e6', '#a5c8e1', '#b58'],
    ['#3a4', '#26a', '#042'],
    ['#fff', '#fff', '#000'],
    ['#444', '#222', '#888'],
    ['#fd9', '#def', '#a63'],
  ]);
  const coloured = random.chance(0.6);
  const hue = random.int(0, 360);
  const labels = names(context, 12);
  const spots = random.chance(0.6)
    ? random.times(random.int(3, 12), () => [
        random.int(20, width - 60),
        random.int(20, height - 40),
        random.int(2, 14),
      ])
    : [];
  const path =
    spots.length > 4 && random.chance(0.4)
      ? `svg.append('path').attr('d','M${spots
          .slice(0, 5)
          .map(([x, y]) => `${x},${y}`)
          .join('L')}').attr('fill','none').attr('stroke','#c22').attr('stroke-width',3);`
      : '';
  return `${scripts(modules, 'd3/dist/d3.min.js', 'topojson-client/dist/topojson-client.min.js')}<script>
d3.json('${modules}/${file}').then((world)=>{const [w,h]=[${width - 20},${height - 20}];const shapes=topojson.feature(world,world.objects.${states ? 'states' : 'countries'});
const projection=d3.${projection}.fitSize([w,h],${states ? 'shapes' : "{type:'Sphere'}"});${part ? `projection.scale(projection.scale()*${scale}).translate([w/2,h/2]);` : ''}
const path=d3.geoPath(projection);const svg=d3.select('#chart').append('svg').attr('width',w).attr('height',h);
${states ? '' : `svg.append('path').datum({type:'Sphere'}).attr('d',path).attr('fill','${sea}');`}
svg.selectAll('.shape').data(shapes.features).join('path').attr('d',path).attr('stroke','${line}').attr('stroke-width',${random.pick([0.4, 0.8, 1.2])}).attr('fill',(_, i)=>${coloured ? `d3.hsl(${hue}+(i*${random.pick([0, 47, 137])})%360,${dark ? 0.3 : 0.5},0.35+((i*0.618)%1)*0.5)` : `'${land}'`});
${!states && random.chance(0.5) ? "svg.append('path').datum(d3.geoGraticule10()).attr('d',path).attr('fill','none').attr('stroke','#8888');" : ''}${path}
const names=${JSON.stringify(labels)};${JSON.stringify(spots)}.forEach(([x,y,r],i)=>{svg.append('circle').attr('cx',x).attr('cy',y).attr('r',r).attr('fill','#c33b');svg.append('text').attr('x',x+r+2).attr('y',y+4).text(names[i])});ready()})</script>`;
}

/** @param {Context} context */
function chartJs(context) {
  const { random, language, modules } = context;
  const type = random.pick([
    'bar',
    'line',
    'pie',
    'doughnut',
    'radar',
    'polarArea',
    'scatter',
    'bubble',
  ]);
  const count = random.int(4, 14);
  const colour = (/** @type {number} */ opacity) =>
    `hsla(${random.int(0, 360)},65%,55%,${opacity})`;
  const points = () =>
    random.times(count * 3, () => ({
      x: random.int(0, 100),
      y: random.int(0, 100),
      r: random.int(2, 20),
    }));
  const round = ['pie', 'doughnut', 'polarArea'].includes(type);
  const datasets = random.times(round ? 1 : random.int(1, 3), () => ({
    label: language.text(1),
    data: type === 'scatter' || type === 'bubble' ? points() : values(random, count),
    backgroundColor: round ? random.times(count, () => colour(0.8)) : colour(0.5),
    borderColor: colour(1),
    fill: random.chance(0.4),
  }));
  const options = {
    animation: false,
    maintainAspectRatio: false,
    indexAxis: type === 'bar' && random.chance(0.3) ? 'y' : 'x',
    plugins: { title: { display: random.chance(0.6), text: language.title() } },
  };
  return `${scripts(modules, 'chart.js/dist/chart.umd.js')}<script>const canvas=document.createElement('canvas');document.getElementById('chart').append(canvas);new Chart(canvas,${JSON.stringify({ type, data: { labels: names(context, count), datasets }, options })});ready()</script>`;
}

/** @param {Context} context */
function plotly(context) {
  const { random, language, modules, width, height, dark } = context;
  const x = random.times(20, (index) => index);
  const grid = random.times(14, () => values(random, 14));
  const data = random.pick([
    () =>
      random.times(3, () => ({
        type: 'scatter',
        mode: random.pick(['lines', 'markers', 'lines+markers']),
        x,
        y: values(random, 20),
        name: language.text(1),
      })),
    () =>
      random.times(2, () => ({
        type: 'bar',
        x: names(context, 6),
        y: values(random, 6),
        name: language.text(1),
      })),
    () => [{ type: 'contour', z: grid }],
    () => [{ type: 'heatmap', z: grid }],
    () => [
      { type: 'histogram', x: random.times(300, () => random.int(0, 50) + random.int(0, 50)) },
    ],
    () =>
      random.times(4, () => ({
        type: random.pick(['box', 'violin']),
        y: values(random, 40),
        name: language.text(1),
      })),
    () => [
      { type: 'waterfall', x: names(context, 7), y: random.times(7, () => random.int(-40, 60)) },
    ],
    () => [
      { type: 'scatterpolar', r: values(random, 8), theta: names(context, 8), fill: 'toself' },
    ],
    () => [
      {
        type: 'table',
        header: { values: names(context, 3) },
        cells: { values: random.times(3, () => values(random, 3)) },
      },
      { type: 'scatter', x, y: values(random, 20) },
    ],
  ])();
  const layout = {
    width: width - 20,
    height: height - 20,
    title: random.chance(0.6) ? { text: language.title() } : undefined,
    ...(dark && { paper_bgcolor: '#1c1e26', plot_bgcolor: '#1c1e26', font: { color: '#ddd' } }),
  };
  return `${scripts(modules, 'plotly.js-dist-min/plotly.min.js')}<script>Plotly.newPlot('chart',${JSON.stringify(data)},${JSON.stringify(layout)},{staticPlot:true}).then(ready)</script>`;
}

/** @param {Context} context boxes below boxes, as of an organisation */
function tree(context) {
  const { random, modules, width, height, language, dark } = context;
  /** @param {number} depth @returns {object} */
  const grow = (depth) => ({
    name: language.text(1),
    ...(depth > 0 && {
      children: random.times(random.int(1, 4), () => grow(depth - random.int(1, 2))),
    }),
  });
  const curved = random.chance(0.5);
  return `${scripts(modules, 'd3/dist/d3.min.js')}<script>const root=d3.hierarchy(${JSON.stringify(grow(random.int(2, 3)))});d3.tree().size([${width - 90},${height - 100}])(root);
const g=d3.select('#chart').append('svg').attr('width',${width}).attr('height',${height}).append('g').attr('transform','translate(30,30)');
g.selectAll('p').data(root.links()).join('path').attr('fill','none').attr('stroke','#789').attr('d',${curved ? 'd3.linkVertical().x((d)=>d.x).y((d)=>d.y)' : "(l)=>['M',l.source.x,',',l.source.y,'V',(l.source.y+l.target.y)/2,'H',l.target.x,'V',l.target.y].join('')"});
const n=g.selectAll('g').data(root.descendants()).join('g').attr('transform',(d)=>\`translate(\${d.x},\${d.y})\`);n.append('${random.pick(['rect', 'circle'])}').attr('x',-28).attr('y',-12).attr('r',9).attr('width',56).attr('height',24).attr('rx',${random.pick([0, 6])}).attr('fill','hsl(${random.int(0, 360)} 50% ${dark ? 35 : 75}%)').attr('stroke','#567');n.append('text').attr('text-anchor','middle').attr('dy',4).attr('font-size',10).attr('fill','currentColor').text((d)=>d.data.name);ready()</script>`;
}
