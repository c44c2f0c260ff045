// <service-view>: how the service does, for whoever runs it. Reads /readyz, /info, /metrics and the latest captions.
import { ask, messageOf, request, statusOf } from '../api/api.js';
import { element, timeOf } from '../common/element.js';
import { parseMetrics, sumOf } from './metrics-text.js';
import { captionTiles, MOST_POINTS, sparkline, tile } from './tiles.js';

/**
 * @import { CaptionPage } from '@caption-queue/contract/caption'
 * @import { Heartbeat } from '@caption-queue/contract/heartbeat'
 * @import { Info } from '../../../operating/schemas.ts'
 * @import { Sample } from './metrics-text.js'
 */

const LOOK_MS = 3000;
const STAGES = { encode: 'Encode', decode: 'Decode' };
const WAITING = ['waiting', 'wait', 'prioritized', 'delayed', 'paused'];

class ServiceView extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #tiles = element('dl', { className: 'tiles' });
  #workers = element('tbody');
  #problem = element('p', { className: 'notice', role: 'alert', hidden: true });
  /**
   * Captions accepted by then, for the line.
   *
   * @type {number[]}
   */
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
        'header',
        { className: 'panel-head' },
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
        'div',
        { className: 'scroll', role: 'region', tabIndex: 0, ariaLabel: 'Workers' },
        element('table', {}, element('thead', {}, element('tr', {}, ...head)), this.#workers),
      ),
    ];
  }

  async #look() {
    clearTimeout(this.#timer);
    /** @type {Set<string>} */
    const problems = new Set();
    let keyless = false;
    const note = (/** @type {unknown} */ error) => {
      problems.add(messageOf(error));
      keyless ||= statusOf(error) === 401;
      return undefined;
    };
    const [info, metrics, latest] = await Promise.all([
      readInfo().catch(note),
      readMetrics().catch(note),
      readLatest().catch(note),
    ]);
    if (!this.isConnected) return;
    this.#problem.textContent = [...problems].join(' ');
    this.#problem.hidden = problems.size === 0;
    const tiles = [
      ...(metrics ? this.#queueTiles(metrics) : []),
      ...(latest ? captionTiles(latest.data) : []),
    ];
    if (tiles.length > 0) this.#tiles.replaceChildren(...tiles);
    if (info) this.#showWorkers(info.workers);
    // Who has no key to give isn't asked again every three seconds.
    if (!keyless) this.#timer = setTimeout(() => this.#look(), LOOK_MS);
  }

  /** @param {Sample[]} samples */
  #queueTiles(samples) {
    /**
     * @param {string} stage
     * @param {string[]} states
     */
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
    const steps = this.#points
      .slice(1)
      .map((value, i) => Math.max(value - (this.#points[i] ?? 0), 0));
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

  /** @param {Heartbeat[]} workers */
  #showWorkers(workers) {
    const rows = workers.map(({ stage, state, engine, model, startedAt, lastError }) => {
      const row = element(
        'tr',
        {},
        element('td', { textContent: STAGES[stage] }),
        element('td', { textContent: lastError ? `${state}: ${lastError}` : state }),
        element('td', { textContent: engine }),
        element('td', {
          textContent: model ? `${model.name} ${model.version}, ${model.precision}` : '–',
        }),
        element('td', { textContent: timeOf(startedAt) }),
      );
      row.dataset.status = state;
      return row;
    });
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

/** @returns {Promise<Info>} */
const readInfo = () => request('/info');

const readMetrics = async () => parseMetrics(await (await ask('/metrics')).text());

/** @returns {Promise<CaptionPage>} */
const readLatest = () => request('/v1/captions?limit=100');

customElements.define('service-view', ServiceView);
