// Ids of captions, and the keys made of them.

import { createCaptionId } from '@caption-queue/captions/id';
import { CaptionId } from '@caption-queue/contract/caption';
import { buildKeys } from '@caption-queue/redis/keys';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';

describe('a caption’s id', () => {
  it('is what the contract says, and never the same twice', () => {
    const ids = Array.from({ length: 1_000 }, () => createCaptionId());
    for (const id of ids) expect(Value.Check(CaptionId, id), id).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('sorts by the time it was made', () => {
    const ids = [1, 2, 1_000, 1_795_515_892_020, 281_474_976_710_655].map(createCaptionId);
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('the keys', () => {
  it('all share one hash tag, so that a cluster keeps them together', () => {
    const keys = buildKeys('{tag}');
    const names = Object.values(keys).map((key) => (typeof key === 'string' ? key : key('x')));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(name).toMatch(/^\{tag\}(:|$)/);
    expect(new Set(names).size).toBe(names.length);
  });
});
