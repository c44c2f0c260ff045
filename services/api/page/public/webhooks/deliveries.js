// What was sent to one endpoint: each delivery with its attempts, looked at again while one is on its way.
import { postJson, request } from '../api/api.js';
import { element, timeOf } from '../common/element.js';

const LOOK_AGAIN_MS = 1500;

/**
 * @param {string} path of the endpoint
 * @param {(act: () => Promise<void>) => Promise<void>} attempt tells of what fails
 */
export function createDeliveries(path, attempt) {
  const rows = element('tbody');
  const none = element('p.empty', { textContent: 'Nothing was sent yet.' });
  const table = element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...['Event', 'When', 'How it went', ''].map(headCell))),
    rows,
  );
  const details = element(
    'details.deliveries',
    { toggle: () => details.open && load() },
    element('summary', { textContent: 'Deliveries' }),
    none,
    element('div.scroll', { role: 'region', tabIndex: 0, 'aria-label': 'Deliveries' }, table),
  );
  let timer;

  const load = () =>
    attempt(async () => {
      clearTimeout(timer);
      const { data } = await request(`${path}/deliveries`);
      rows.replaceChildren(...data.map(row));
      none.hidden = data.length > 0;
      table.hidden = data.length === 0;
      const waits = data.some(({ status }) => status === 'pending');
      if (waits && details.open && details.isConnected) timer = setTimeout(load, LOOK_AGAIN_MS);
    });

  function row({ id, type, status, created_at: createdAt, attempts, next_attempt_at: next }) {
    const replay = async () => {
      await attempt(() => postJson(`${path}/deliveries/${id}/replay`));
      await load();
    };
    return element(
      'tr',
      { 'data-status': status },
      element('td', {}, element('code', { textContent: type })),
      element('td', { textContent: timeOf(createdAt) }),
      element('td', { textContent: outcome({ status, attempts, next }) }),
      element(
        'td',
        {},
        element('button.link.replay', {
          type: 'button',
          textContent: 'Send again',
          'aria-label': `Send again: ${type}, ${timeOf(createdAt)}`,
          click: replay,
        }),
      ),
    );
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

const headCell = (textContent) =>
  textContent === '' ? element('td') : element('th', { scope: 'col', textContent });

function outcome({ status, attempts, next }) {
  const last = attempts.at(-1);
  const tries = attempts.length > 1 ? `, ${attempts.length} attempts` : '';
  if (!last) return 'On its way';
  const answer = last.status ? `${last.status} in ${last.latency_ms} ms` : last.error;
  if (status === 'succeeded') return `Received: ${answer}${tries}`;
  const again = next ? `; again at ${timeOf(next)}` : '; given up';
  return `${(last.error ?? answer).replace(/\.$/, '')}${tries}${again}`;
}
