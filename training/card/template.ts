// The texts of a model card that people write, and the places where figures are filled in.
import { TrainingError } from '../failure.ts';

/** What a bundle without a template of its own begins with. Comments are for the author and never shown. */
export const initialTemplate = `# {{title}}

<!-- What this model is and whom it serves, in two sentences.
     This file is yours: write below each heading, then run \`npm run train -- card\` again. A name in double
     braces is replaced by figures; a heading with nothing below it is left out of MODEL_CARD.md. -->

{{summary}}

## Data

<!-- Where photos and captions come from, who wrote them, and on what terms. -->

{{data}}

## Training

{{training}}

{{curves}}

## How good

{{metrics}}

{{reliability}}

## What kind of picture it is

{{kinds}}

## How far to trust it

{{trust}}

## What each step was worth

{{ablation}}

## Captions of photos it has never seen

{{photos}}

## What it is bad at

<!-- Failures you have seen. Show them, don't guess. -->

## Bias

<!-- Whom and what the data shows, how, and what that does to the captions. -->

## Meant for

<!-- What it may be used for, and what it must not be. -->
`;

export interface FilledTemplate {
  card: string;
  /** Headings that were left out because nothing stands below them. */
  empty: string[];
}

const comments = /<!--.*?-->/gs;
const placeholders = /\{\{(.*?)\}\}/g;

/**
 * @param parts text for each placeholder; '' where there is nothing to tell
 * @throws TrainingError for a placeholder that is none
 */
export function fillTemplate(
  template: string,
  parts: Readonly<Record<string, string>>,
): FilledTemplate {
  const filled = template.replace(comments, '').replace(placeholders, (_, name: string) => {
    const part = parts[name.trim()];
    if (part === undefined) {
      throw new TrainingError(
        `The card's template has {{${name}}}; it may have ${Object.keys(parts).join(', ')}.`,
      );
    }
    return part;
  });
  const empty: string[] = [];
  const sections = filled.split(/^(?=## )/m).filter((section) => {
    const [heading = '', ...body] = section.split('\n');
    if (!heading.startsWith('## ') || body.join('').trim() !== '') return true;
    empty.push(heading.slice(3).trim());
    return false;
  });
  const card = `${sections
    .join('')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
  return { card, empty };
}
