// <service-view>: how the service does, for whoever runs it. Reads /readyz, /info, /metrics and the latest captions.
import { ask, request } from '../api/api.js';
import { element, timeOf } from '../common/element.js';
import { parseMetrics, sumOf } from './metrics-text.js';

const LOOK_MS = 3000;
/** Of the line of throughput; three minutes. */
const MOST_POINTS = 60;
const STAGES = { encode: 'Encode', decode: 'Decode' };
const WAITING = ['waiting', 'wait', 'prioritized', 'delayed', 'paused'];

class ServiceView extends HTMLElement {
  #timer;
  #tiles = element('dl.tiles');
  #workers = element('tbody');
  #problem = element('p.notice', { role: 'alert', hidden: true });
  /** Captions accepted by then, for the line. */
  #points = [];

  connectedCallback() {
    if (!this.hasChildNodes()) this.append(...this.#frame());
    this.#look();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  #frame() {
    const columns = ['Stage', 'State', 'Engine', 'Model', 'Since'];
    const head = columns.map((textContent) => element('th', { scope: 'col', textContent }));
    return [
      element(
        'header.panel-head',
        {},
        element('h1', { textContent: 'How the service does' }),
        element(
          'p',
          {},
          'Read every three seconds from ',
          ...['/readyz', '/info', '/metrics'].flatMap((href, i) => [
            i > 0 ? ', ' : '',
            element('a', { href, textContent: href }),
          ]),
          ' and the latest captions; ',
          element('a', { href: '/admin/queues', textContent: 'the queues in detail' }),
          '.',
        ),
      ),
      this.#problem,
      this.#tiles,
      element('h2', { textContent: 'Workers' }),
      element(
        'div.scroll',
        { role: 'region', tabIndex: 0, 'aria-label': 'Workers' },
        element('table', {}, element('thead', {}, element('tr', {}, ...head)), this.#workers),
      ),
    ];
  }

  async #look() {
    clearTimeout(this.#timer);
    const problems = [];
    let keyless = false;
    const tell = (error) => {
      problems.push(error.message);
      keyless ||= error.status === 401;
    };
    const [info, metrics, latest] = await Promise.all([
      request('/info').catch(tell),
      ask('/metrics')
        .then((response) => response.text())
        .catch(tell),
      request('/v1/captions?limit=100').catch(tell),
    ]);
    if (!this.isConnected) return;
    this.#problem.textContent = [...new Set(problems)].join(' ');
    this.#problem.hidden = problems.length === 0;
    const tiles = [
      ...(metrics ? this.#queueTiles(parseMetrics(metrics)) : []),
      ...(latest ? captionTiles(latest.data) : []),
    ];
    if (tiles.length > 0) this.#tiles.replaceChildren(...tiles);
    if (info) this.#showWorkers(info.workers);
    // Who has no key to give isn't asked again every three seconds.
    if (!keyless) this.#timer = setTimeout(() => this.#look(), LOOK_MS);
  }

  #queueTiles(samples) {
    const count = (stage, states) =>
      states.reduce((sum, state) => sum + sumOf(samples, 'cq_queue_depth', { stage, state }), 0);
    const queues = Object.entries(STAGES).map(([stage, name]) => {
      const oldest = sumOf(samples, 'cq_queue_oldest_seconds', { stage });
      const note = `${count(stage, ['active'])} in work${oldest >= 1 ? `, oldest waits ${Math.round(oldest)} s` : ''}`;
      return tile(`${name} queue`, String(count(stage, WAITING)), note);
    });
    const post = { method: 'POST', route: '/v1/captions' };
    const accepted = ['200', '202'].reduce(
      (sum, status) =>
        sum + sumOf(samples, 'cq_http_request_duration_seconds_count', { ...post, status }),
      0,
    );
    this.#points = [...this.#points, accepted].slice(-MOST_POINTS);
    const steps = this.#points.slice(1).map((value, i) => Math.max(value - this.#points[i], 0));
    return [
      ...queues,
      tile('Accepted', String(accepted), 'since this API process began', sparkline(steps)),
      tile(
        'Webhook deliveries',
        String(sumOf(samples, 'cq_webhook_deliveries_waiting')),
        'waiting for their receiver',
      ),
    ];
  }

  #showWorkers(workers) {
    const rows = workers.map(({ stage, state, engine, model, startedAt, lastError }) =>
      element(
        'tr',
        { 'data-status': state },
        element('td', { textContent: STAGES[stage] ?? stage }),
        element('td', { textContent: lastError ? `${state}: ${lastError}` : state }),
        element('td', { textContent: engine }),
        element('td', {
          textContent: model ? `${model.name} ${model.version}, ${model.precision}` : '–',
        }),
        element('td', { textContent: timeOf(startedAt) }),
      ),
    );
    if (rows.length === 0) {
      rows.push(
        element(
          'tr',
          {},
          element('td', {
            colSpan: 5,
            textContent: 'No worker was heard of lately: pictures wait.',
          }),
        ),
      );
    }
    this.#workers.replaceChildren(...rows);
  }
}

/** @param {any[]} captions newest first, up to 100 */
function captionTiles(captions) {
  const done = captions.filter(({ status }) => status === 'succeeded');
  const ends = captions.map(({ completed_at: at }) => Date.parse(at)).filter((at) => at > 0);
  const lastMinute = ends.filter((at) => at > Date.now() - 60_000);
  // A hundred may be less than a minute's.
  const seconds = lastMinute.length === 100 ? (Date.now() - Math.min(...lastMinute)) / 1000 : 60;
  const perMinute = Math.round((lastMinute.length * 60) / seconds);
  const looked = done.filter(({ metrics }) => metrics.feature_cache !== null);
  const hits = looked.filter(({ metrics }) => metrics.feature_cache === 'hit').length;
  const times = done.map(({ metrics }) => metrics.total_ms).sort((a, b) => a - b);
  const failed = captions.filter(({ status }) => status === 'failed').length;
  const of = `of the latest ${captions.length}`;
  return [
    tile('Captions a minute', String(perMinute), 'ended in the last minute'),
    tile(
      'Features from the cache',
      looked.length > 0 ? `${Math.round((100 * hits) / looked.length)} %` : '–',
      `${hits} of ${looked.length} captions`,
    ),
    tile(
      'Time to a caption',
      times.length > 0 ? duration(quantile(times, 0.5)) : '–',
      times.length > 0 ? `median; 95 % within ${duration(quantile(times, 0.95))}` : of,
    ),
    tile('Failed', String(failed), of),
  ];
}

const quantile = (sorted, share) => sorted[Math.ceil(share * sorted.length) - 1];
const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

const tile = (name, value, note, picture) =>
  element(
    'div.tile',
    {},
    element('dt', { textContent: name }),
    element(
      'dd',
      {},
      element('strong', { textContent: value }),
      element('small', { textContent: note }),
      picture,
    ),
  );

function sparkline(steps) {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', `0 0 ${MOST_POINTS} 20`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(namespace, 'polyline');
  const most = Math.max(...steps, 1);
  const from = MOST_POINTS - steps.length;
  const points = steps.map((step, i) => `${from + i},${19 - (18 * step) / most}`);
  line.setAttribute('points', points.join(' '));
  svg.append(line);
  return svg;
}

customElements.define('service-view', ServiceView);
