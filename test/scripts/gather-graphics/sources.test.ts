// The lists of scripts/gather-graphics: what is held out has nothing of what is learned from.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Source {
  source?: string;
  package?: string;
  npm?: string;
  draw?: string;
  set?: string;
  style?: string;
  split?: string;
  files?: string[];
}

const folder = new URL('../../../scripts/gather-graphics/sources/', import.meta.url);
const kinds = readdirSync(folder).map((file) => file.replace('.json', ''));
const lists = Object.fromEntries(
  kinds.map((kind): [string, Source[]] => [
    kind,
    JSON.parse(readFileSync(new URL(`${kind}.json`, folder), 'utf8')),
  ]),
);
const all = Object.values(lists).flat();

/** The HTML manuals that the whole is proven on, and the packages that it is judged by. */
const KEPT_AWAY = /^(gimp|openclipart|octave|debian-handbook|texstudio)/;

it('has a list for each kind of picture', () => {
  expect(kinds.sort()).toEqual(['blank', 'chart', 'document', 'drawing', 'photo', 'screenshot']);
});

describe.each(kinds)('%s', (kind) => {
  const list = lists[kind] ?? [];

  it('names each source once', () => {
    const names = list.map((source) => source.source ?? source.package);
    expect(names).not.toContain(undefined);
    expect(new Set(names).size).toBe(names.length);
  });

  it('says of each source how its pictures are made', () => {
    expect(list.filter(({ draw, files }) => draw === undefined && files === undefined)).toEqual([]);
  });

  it('has both splits', () => {
    const splits = new Set(list.map(({ split }) => split ?? 'train'));
    expect([...splits].sort()).toEqual(['held-out', 'train']);
  });
});

it('takes nothing for both splits from one package, set or style', () => {
  const splits = new Map<string, Set<string>>();
  for (const { package: name, npm, set, style, split = 'train' } of all) {
    const origin = name ?? npm ?? set ?? style;
    if (origin === undefined) continue;
    splits.set(origin, (splits.get(origin) ?? new Set()).add(split));
  }
  const both = [...splits].filter(([, found]) => found.size > 1).map(([origin]) => origin);
  expect(both).toEqual([]);
});

it('keeps away from what the classifier is judged by', () => {
  const origins = all.flatMap(({ package: name, npm, set }) => [name, npm, set]);
  expect(origins.filter((origin) => origin && KEPT_AWAY.test(origin))).toEqual([]);
});
