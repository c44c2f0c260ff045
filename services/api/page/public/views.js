// Pictures, webhooks, service: one at a time, by the address's fragment. The latter two are loaded when first opened.
import { find } from './common/element.js';

/** @type {Record<string, () => Promise<unknown>>} */
const VIEWS = {
  pictures: async () => {},
  webhooks: () => import('./webhooks/webhooks.js'),
  service: () => import('./service/service.js'),
};
/** @type {Record<string, string>} */
const ELEMENTS = { webhooks: 'webhook-panel', service: 'service-view' };

/** Call once. */
export function showViews() {
  addEventListener('hashchange', show);
  show();
}

async function show() {
  const asked = location.hash.slice(1);
  const name = asked || 'pictures';
  const load = Object.hasOwn(VIEWS, name) ? VIEWS[name] : undefined;
  if (load === undefined) return;
  for (const link of document.querySelectorAll('.masthead nav a')) {
    if (link.getAttribute('href') === `#${name}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  await load();
  for (const of of Object.keys(VIEWS)) {
    const view = find(`[data-view=${of}]`, HTMLElement);
    const chosen = of === name;
    view.hidden = !chosen;
    // What isn't shown asks nothing of the service.
    const element = ELEMENTS[of];
    if (element) view.replaceChildren(...(chosen ? [document.createElement(element)] : []));
  }
}
