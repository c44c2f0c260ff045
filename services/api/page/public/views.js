// Pictures, webhooks, service: one at a time, by the address's fragment. The latter two are loaded when first opened.
const VIEWS = {
  pictures: async () => {},
  webhooks: () => import('./webhooks/webhooks.js'),
  service: () => import('./service/service.js'),
};
const ELEMENTS = { webhooks: 'webhook-panel', service: 'service-view' };

/** Call once. */
export function showViews() {
  addEventListener('hashchange', show);
  show();
}

async function show() {
  const asked = location.hash.slice(1);
  if (asked !== '' && !(asked in VIEWS)) return;
  const name = asked || 'pictures';
  for (const link of document.querySelectorAll('.masthead nav a')) {
    if (link.hash === `#${name}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  await VIEWS[name]();
  for (const view of document.querySelectorAll('[data-view]')) {
    const chosen = view.dataset.view === name;
    view.hidden = !chosen;
    // What isn't shown asks nothing of the service.
    const element = ELEMENTS[view.dataset.view];
    if (element) view.replaceChildren(...(chosen ? [document.createElement(element)] : []));
  }
}
