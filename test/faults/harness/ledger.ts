// Keeps the books of a run: what the service acknowledged, how it ended, what webhooks said, and what doesn't add up.
import { EventEmitter, once } from 'node:events';
import type { Caption } from '@caption-queue/contract/caption';

export interface Acknowledgement {
  /** The Idempotency-Key of the request. */
  key: string;
  id: string;
}

export interface Ledger {
  readonly acknowledged: readonly Acknowledgement[];
  acknowledge(key: string, id: string): void;
  /** Waits until so many were acknowledged. */
  untilAcknowledged(count: number): Promise<void>;
  /** As read from the API when it had ended. */
  end(caption: Caption): void;
  endOf(id: string): Caption | undefined;
  deliver(delivery: { webhookId: string; captionId: string }): void;
  /** Acknowledged, and no webhook has told of them yet. */
  untold(): string[];
  /** What doesn't add up; all of it is empty when the promise was kept. */
  audit(): Audit;
}

export interface Audit {
  /** Acknowledged, and never seen in a terminal state. */
  lost: string[];
  /** Seen in two terminal states, or in one with two results. */
  changed: string[];
  /** Requests that were answered with two captions. */
  doubled: string[];
  /** Captions told of under more than one webhook id. */
  notifiedTwice: string[];
}

export function createLedger(): Ledger {
  const acknowledged: Acknowledgement[] = [];
  const ends = new Map<string, Caption>();
  const changed = new Set<string>();
  const told = new Map<string, Set<string>>();
  const news = new EventEmitter().setMaxListeners(0);

  return {
    acknowledged,
    acknowledge(key, id) {
      acknowledged.push({ key, id });
      news.emit('acknowledged');
    },
    async untilAcknowledged(count) {
      while (acknowledged.length < count) await once(news, 'acknowledged');
    },
    end(caption) {
      const before = ends.get(caption.id);
      ends.set(caption.id, caption);
      if (before !== undefined && essenceOf(before) !== essenceOf(caption)) changed.add(caption.id);
    },
    endOf: (id) => ends.get(id),
    deliver({ webhookId, captionId }) {
      told.set(captionId, (told.get(captionId) ?? new Set()).add(webhookId));
    },
    untold: () => acknowledged.map(({ id }) => id).filter((id) => !told.has(id)),
    audit() {
      const ids = new Map<string, Set<string>>();
      for (const { key, id } of acknowledged) ids.set(key, (ids.get(key) ?? new Set()).add(id));
      const several = (sets: Map<string, Set<string>>) =>
        [...sets].filter(([, set]) => set.size > 1).map(([name]) => name);
      return {
        lost: acknowledged.map(({ id }) => id).filter((id) => !ends.has(id)),
        changed: [...changed],
        doubled: several(ids),
        notifiedTwice: several(told),
      };
    },
  };
}

/** For `expect`: nothing to complain of. */
export const nothingWrong: Audit = { lost: [], changed: [], doubled: [], notifiedTwice: [] };

function essenceOf({ status, output, error, completed_at }: Caption): string {
  return JSON.stringify({ status, output, error, completed_at });
}
