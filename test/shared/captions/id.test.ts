// Ids of captions, and the keys made of them.

import { createBatchId, createCaptionId } from '@caption-queue/captions/id';
import { BatchId } from '@caption-queue/contract/batch';
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
    const ids = [1, 2, 1_000, 1_795_515_892_020, 281_474_976_710_655].map((nowMs) =>
      createCaptionId(nowMs),
    );
    expect([...ids].sort()).toEqual(ids);
  });

  it('begins with the time that is given, in milliseconds', () => {
    expect(createCaptionId(0x0123456789ab)).toMatch(/^cap_01234567-89ab-7/);
  });

  it('sorts by the order in which they were made, many within a millisecond', () => {
    const ids = Array.from({ length: 10_000 }, () => createCaptionId());
    expect([...ids].sort()).toEqual(ids);
  });

  it('of a given time leaves the order of the others alone', () => {
    const before = createCaptionId();
    expect(createCaptionId(281_474_976_710_655) > before).toBe(true);
    const after = createCaptionId();
    expect(after > before).toBe(true);
    expect(after < createCaptionId(281_474_976_710_655)).toBe(true);
  });
});

describe('a batch’s id', () => {
  it('is what the contract says, and sorts by the order in which they were made', () => {
    const ids = Array.from({ length: 1_000 }, createBatchId);
    for (const id of ids) expect(Value.Check(BatchId, id), id).toBe(true);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
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
