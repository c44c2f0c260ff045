// A thousand made-up captions with five references each, from a small grammar: text that anyone may have, on
// which the metrics can be compared with the reference implementation. The same on every machine.
import type { ScoredCaption } from '@caption-queue/training/metrics/scored-caption';
import { createRandom, type Random } from '../numbers/random.ts';

const grammar = {
  number: ['a', 'one', 'two', 'three', 'the', 'some'],
  looks: ['', '', 'small', 'black', 'brown and white', 'young', 'tall', 'happy', 'wet', 'old'],
  who: ['dog', 'man', 'woman', 'boy', 'girl', 'child', 'bird', 'horse', 'skier', 'surfer', 'crowd'],
  does: [
    'runs',
    'sits',
    'is jumping',
    'walks slowly',
    'plays',
    'is standing',
    'climbs',
    'looks up',
  ],
  where: ['on', 'in', 'over', 'next to', 'in front of', 'under', 'through', 'near'],
  place: [
    'the grass',
    'a field',
    'the snow',
    'the beach',
    'a red wall',
    'the water',
    'a street',
    'it',
  ],
  more: ['', '', '', 'with a ball', 'while people watch', 'at night', 'in a blue shirt', 'all day'],
} as const;

type Part = keyof typeof grammar;
const parts = Object.keys(grammar) as Part[];

const PHOTOS = 1000;
const REFERENCES = 5;

function choose(part: Part, random: Random): string {
  const choices = grammar[part];
  return choices[Math.floor(random() * choices.length)] as string;
}

/** References of a photo share most of their parts, as people's captions of one photo do. */
export function syntheticCaptions(): ScoredCaption[] {
  const random = createRandom(2024);
  return Array.from({ length: PHOTOS }, () => {
    const scene = new Map(parts.map((part) => [part, choose(part, random)]));
    const describe = (likeness: number) =>
      parts
        .map((part) => (random() < likeness ? scene.get(part) : choose(part, random)))
        .join(' ')
        .split(' ')
        .filter((word) => word !== '');
    // One hypothesis in fifty is empty or only a word, which the metrics must survive.
    const hypothesis = describe(0.5);
    const cut = random() < 0.02 ? Math.floor(random() * 2) : hypothesis.length;
    return {
      hypothesis: hypothesis.slice(0, cut),
      references: Array.from({ length: REFERENCES }, () => describe(0.6)),
    };
  });
}
