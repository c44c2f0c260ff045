// What was sent to one endpoint: each delivery with its attempts, looked at again while one is on its way.
import { ask, request } from '../api/api.js';
import { element, timeOf } from '../common/element.js';

/** @import { WebhookDelivery } from '@caption-queue/contract/webhooks' */

const LOOK_AGAIN_MS = 1500;

/**
 * @param {string} path of the endpoint
 * @param {(act: () => Promise<unknown>) => Promise<void>} attempt tells of what fails
 */
export function createDeliveries(path, attempt) {
  const rows = element('tbody');
  const none = element('p', { className: 'empty', textContent: 'Nothing was sent yet.' });
  const table = element(
    'table',
    {},
    element(
      'thead',
      {},
      element('tr', {}, headCell('Event'), headCell('When'), headCell('How it went'), headCell('')),
    ),
    rows,
  );
  const details = element(
    'details',
    { className: 'deliveries' },
    element('summary', { textContent: 'Deliveries' }),
    none,
    element(
      'div',
      { className: 'scroll', role: 'region', tabIndex: 0, ariaLabel: 'Deliveries' },
      table,
    ),
  );
  details.ontoggle = () => {
    if (details.open) load();
  };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const load = () =>
    attempt(async () => {
      clearTimeout(timer);
      /** @type {{ data: WebhookDelivery[] }} */
      const { data } = await request(`${path}/deliveries`);
      rows.replaceChildren(...data.map(row));
      none.hidden = data.length > 0;
      table.hidden = data.length === 0;
      const waits = data.some(({ status }) => status === 'pending');
      if (waits && details.open && details.isConnected) timer = setTimeout(load, LOOK_AGAIN_MS);
    });

  /** @param {WebhookDelivery} delivery */
  function row(delivery) {
    const { id, type, status } = delivery;
    const when = timeOf(delivery.created_at);
    const replay = element('button', {
      className: 'link replay',
      type: 'button',
      textContent: 'Send again',
      ariaLabel: `Send again: ${type}, ${when}`,
    });
    replay.onclick = async () => {
      await attempt(() => ask(`${path}/deliveries/${id}/replay`, { method: 'POST' }));
      await load();
    };
    const made = element(
      'tr',
      {},
      element('td', {}, element('code', { textContent: type })),
      element('td', { textContent: when }),
      element('td', { textContent: outcome(delivery) }),
      element('td', {}, replay),
    );
    made.dataset.status = status;
    return made;
  }

  return {
    element: details,
    /** Opens it, or reads it again. */
    open() {
      if (details.open) load();
      details.open = true;
    },
  };
}

/** @param {string} textContent */
const headCell = (textContent) =>
  textContent === '' ? element('td') : element('th', { scope: 'col', textContent });

/** @param {WebhookDelivery} delivery */
function outcome({ status, attempts, next_attempt_at: next }) {
  const last = attempts.at(-1);
  const tries = attempts.length > 1 ? `, ${attempts.length} attempts` : '';
  if (!last) return 'On its way';
  const answer = last.status
    ? `${last.status} in ${last.latency_ms} ms`
    : (last.error ?? 'No answer');
  if (status === 'succeeded') return `Received: ${answer}${tries}`;
  const again = next ? `; again at ${timeOf(next)}` : '; given up';
  return `${(last.error ?? answer).replace(/\.$/, '')}${tries}${again}`;
}
