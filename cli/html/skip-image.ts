// Which images a caption is not for.
import type { PageImage } from './parse-page.ts';

/** As the report words them, after a number. */
export const skipReasons = {
  decorative: 'marked as decoration (role or aria-hidden)',
  templated: 'with an address or attributes that a template or script fills in',
  template: 'in a <template> that a script fills in',
  lazy: 'of which a script shows another (data-src)',
  no_src: 'without src',
  data: 'inside the page (data:)',
  remote: 'on another server',
  drawing: 'drawn in SVG, which the model does not read',
  outside: 'outside the folder',
} as const;
export type SkipReason = keyof typeof skipReasons;

const templateMarks = /\{\{|\{%|<%|<\?|\$\{/;
/** `:src`, `v-bind:alt`, `[attr.alt]`, `th:src`, and marks that stand among the attributes. */
const boundAttribute = /[:.[](?:alt|src)\]?$|\{\{|\{%|<%|<\?|\$\{/;

export function isTemplated(text: string): boolean {
  return templateMarks.test(text);
}

/** What the tag and those around it say; whether there is a file at `src` is not looked at. */
export function reasonToSkip({
  attributes,
  hidden,
  inTemplate,
}: Pick<PageImage, 'attributes' | 'hidden' | 'inTemplate'>): SkipReason | undefined {
  const src = attributes.get('src')?.trim() ?? '';
  const [role = ''] = (attributes.get('role') ?? '').trim().toLowerCase().split(/\s+/);
  if (hidden || role === 'presentation' || role === 'none') return 'decorative';
  if (/^data:/i.test(src)) return 'data';
  if (isTemplated(src) || [...attributes.keys()].some((name) => boundAttribute.test(name))) {
    return 'templated';
  }
  if (inTemplate) return 'template';
  if (attributes.has('data-src') || attributes.has('data-lazy-src')) return 'lazy';
  return src === '' ? 'no_src' : undefined;
}
