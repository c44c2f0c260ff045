// What `npm run bench -- --compare` makes of two commits' tables.
import { compareTables } from '@caption-queue/bench/compare';
import { expect, it } from 'vitest';

const tables = (rate: number, wait: number | null) => ({
  Service: [{ pass: 'first', 'encoder processes': 2, rate, wait, failed: 0 }],
});

it('shows means and their ratio, and leaves labels alone', () => {
  const compared = compareTables([tables(10, 3), tables(12, null)], [tables(22, 4), tables(22, 5)]);
  expect(compared).toEqual({
    Service: [
      {
        pass: 'first',
        'encoder processes': 2,
        rate: '11 → 22 (2.00)',
        wait: '3 → 4.50 (1.50)',
        failed: '0 → 0',
      },
    ],
  });
});

it('leaves out what only one of them has', () => {
  const more = { ...tables(1, 1), Memory: [{ process: 'api', 'resident MB': 90 }] };
  const longer = { Service: [...tables(1, 1).Service, ...tables(2, 2).Service] };
  expect(Object.keys(compareTables([tables(1, 1)], [more]))).toEqual(['Service']);
  expect(compareTables([longer], [more])).toEqual({});
});
