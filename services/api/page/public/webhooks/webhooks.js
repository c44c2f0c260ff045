// <webhook-panel>: registers endpoints, tries them out, shows what was sent and sends it again.
import { ask, messageOf, postJson, request } from '../api/api.js';
import { copyFrom } from '../common/copy.js';
import { element, find } from '../common/element.js';
import { createDeliveries } from './deliveries.js';

/** @import { DisabledReason, Webhook } from '@caption-queue/contract/webhooks' */

const EVENTS = [
  'caption.succeeded',
  'caption.failed',
  'caption.canceled',
  'caption.expired',
  'batch.completed',
];
/** @type {Record<DisabledReason, string>} */
const REASONS = {
  requested: 'Switched off',
  gone: 'Disabled: it answered 410 Gone',
  failing: 'Disabled: it failed for five days',
};

class WebhookPanel extends HTMLElement {
  #list = element('ul', { className: 'hooks' });
  #problem = element('p', { className: 'notice', role: 'alert', hidden: true });
  #secret = element('div', { className: 'secret', role: 'status', hidden: true });

  connectedCallback() {
    if (!this.hasChildNodes()) {
      this.append(this.#intro(), this.#form(), this.#problem, this.#secret, this.#list);
    }
    this.#load();
  }

  #intro() {
    return element(
      'header',
      { className: 'panel-head' },
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
    const form = element(
      'form',
      { className: 'hook-form' },
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
        element('legend', { className: 'unseen', textContent: 'Events it is told of' }),
        ...boxes,
      ),
    );
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#register(form);
    };
    return form;
  }

  /** @param {HTMLFormElement} form */
  async #register(form) {
    const events = [...new FormData(form).getAll('event')];
    await this.#attempt(async () => {
      /** @type {Webhook & { secret: string }} */
      const { url, secret } = await postJson('/v1/webhooks', {
        url: find('#hook-url', HTMLInputElement, form).value,
        ...(events.length > 0 && { events }),
      });
      form.reset();
      const copy = element('button', {
        className: 'quiet',
        type: 'button',
        textContent: 'Copy secret',
      });
      copy.onclick = () => copyFrom(copy, secret);
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

  /**
   * Shows why something did not work.
   *
   * @param {() => Promise<unknown>} act
   */
  #attempt = async (act) => {
    this.#problem.hidden = true;
    try {
      await act();
    } catch (error) {
      this.#problem.textContent = messageOf(error);
      this.#problem.hidden = false;
    }
  };

  #load = () =>
    this.#attempt(async () => {
      /** @type {{ data: Webhook[] }} */
      const { data } = await request('/v1/webhooks');
      this.#list.replaceChildren(...data.map((hook) => this.#item(hook)));
      if (data.length === 0) {
        this.#list.append(
          element('li', { className: 'empty', textContent: 'Nobody is told yet.' }),
        );
      }
    });

  /** @param {Webhook} hook */
  #item(hook) {
    const path = `/v1/webhooks/${hook.id}`;
    const deliveries = createDeliveries(path, this.#attempt);
    const test = element('button', {
      className: 'quiet test',
      type: 'button',
      textContent: 'Send a test',
      disabled: !hook.enabled,
    });
    test.onclick = async () => {
      await this.#attempt(() => ask(`${path}/test`, { method: 'POST' }));
      deliveries.open();
    };
    const remove = element('button', {
      className: 'link delete',
      type: 'button',
      textContent: 'Delete',
    });
    let sure = false;
    remove.onclick = async () => {
      if (!sure) {
        sure = true;
        remove.textContent = 'Delete for good?';
        return;
      }
      await this.#attempt(() => ask(path, { method: 'DELETE' }));
      await this.#load();
    };
    return element(
      'li',
      { className: 'hook' },
      element('p', { className: 'hook-url', textContent: hook.url }),
      element('p', { className: 'hook-state', textContent: stateOf(hook) }),
      element('div', { className: 'actions' }, test, remove),
      deliveries.element,
    );
  }
}

/** @param {Webhook} hook */
function stateOf({ enabled, disabled_reason: reason, failing_since: since, events }) {
  if (!enabled) return reason === null ? 'Disabled' : REASONS[reason];
  const told =
    events.length === EVENTS.length ? 'Told of everything' : `Told of ${events.join(', ')}`;
  return since ? `Failing since ${new Date(since).toLocaleString()}. ${told}` : told;
}

customElements.define('webhook-panel', WebhookPanel);
