// <webhook-panel>: registers endpoints, tries them out, shows what was sent and sends it again.
import { postJson, request } from '../api/api.js';
import { copyFrom } from '../common/copy.js';
import { element } from '../common/element.js';
import { createDeliveries } from './deliveries.js';

const EVENTS = [
  'caption.succeeded',
  'caption.failed',
  'caption.canceled',
  'caption.expired',
  'batch.completed',
];
const REASONS = {
  requested: 'Switched off',
  gone: 'Disabled: it answered 410 Gone',
  failing: 'Disabled: it failed for five days',
};

class WebhookPanel extends HTMLElement {
  #list = element('ul.hooks');
  #problem = element('p.notice', { role: 'alert', hidden: true });
  #secret = element('div.secret', { role: 'status', hidden: true });

  connectedCallback() {
    if (!this.hasChildNodes()) {
      this.append(this.#intro(), this.#form(), this.#problem, this.#secret, this.#list);
    }
    this.#load();
  }

  #intro() {
    return element(
      'header.panel-head',
      {},
      element('h1', { textContent: 'Be told instead of asking' }),
      element('p', {
        textContent:
          'The service posts to these addresses when a caption ends, signed as Standard Webhooks describes, and tries again for a day when nobody answers.',
      }),
    );
  }

  #form() {
    const boxes = EVENTS.map((name) =>
      element(
        'label',
        {},
        element('input', { type: 'checkbox', name: 'event', value: name, defaultChecked: true }),
        name,
      ),
    );
    const submit = (event) => {
      event.preventDefault();
      this.#register(event.currentTarget);
    };
    return element(
      'form.hook-form',
      { submit },
      element('label', { htmlFor: 'hook-url', textContent: 'Address' }),
      element('input', {
        id: 'hook-url',
        name: 'url',
        type: 'url',
        required: true,
        placeholder: 'https://example.com/hook',
        autocomplete: 'off',
      }),
      element('button', { textContent: 'Register' }),
      element(
        'fieldset',
        {},
        element('legend.unseen', { textContent: 'Events it is told of' }),
        ...boxes,
      ),
    );
  }

  async #register(form) {
    const events = [...new FormData(form).getAll('event')];
    await this.#attempt(async () => {
      const { url, secret } = await postJson('/v1/webhooks', {
        url: form.url.value,
        ...(events.length > 0 && { events }),
      });
      form.reset();
      const copy = element('button.quiet', {
        type: 'button',
        textContent: 'Copy secret',
        click: () => copyFrom(copy, secret),
      });
      this.#secret.replaceChildren(
        element('p', {
          textContent: `What comes to ${url} is signed with this. It is shown once.`,
        }),
        element('code', { textContent: secret }),
        copy,
      );
      this.#secret.hidden = false;
      await this.#load();
    });
  }

  /** Shows why something did not work. */
  #attempt = async (act) => {
    this.#problem.hidden = true;
    try {
      await act();
    } catch (error) {
      this.#problem.textContent = error.message;
      this.#problem.hidden = false;
    }
  };

  #load = () =>
    this.#attempt(async () => {
      const { data } = await request('/v1/webhooks');
      this.#list.replaceChildren(...data.map((hook) => this.#item(hook)));
      if (data.length === 0) {
        this.#list.append(element('li.empty', { textContent: 'Nobody is told yet.' }));
      }
    });

  #item(hook) {
    const path = `/v1/webhooks/${hook.id}`;
    const deliveries = createDeliveries(path, this.#attempt);
    const test = async () => {
      await this.#attempt(() => postJson(`${path}/test`));
      deliveries.open();
    };
    let sure = false;
    const remove = async ({ currentTarget }) => {
      if (!sure) {
        sure = true;
        currentTarget.textContent = 'Delete for good?';
        return;
      }
      await this.#attempt(() => request(path, { method: 'DELETE' }));
      await this.#load();
    };
    return element(
      'li.hook',
      {},
      element('p.hook-url', { textContent: hook.url }),
      element('p.hook-state', { textContent: stateOf(hook) }),
      element(
        'div.actions',
        {},
        element('button.quiet.test', {
          type: 'button',
          textContent: 'Send a test',
          disabled: !hook.enabled,
          click: test,
        }),
        element('button.link.delete', { type: 'button', textContent: 'Delete', click: remove }),
      ),
      deliveries.element,
    );
  }
}

function stateOf({ enabled, disabled_reason: reason, failing_since: since, events }) {
  if (!enabled) return REASONS[reason] ?? 'Disabled';
  const told =
    events.length === EVENTS.length ? 'Told of everything' : `Told of ${events.join(', ')}`;
  return since ? `Failing since ${new Date(since).toLocaleString()}. ${told}` : told;
}

customElements.define('webhook-panel', WebhookPanel);
