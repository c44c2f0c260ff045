// What a person should look at before a caption is published as alt text.
import type { PageImage } from './parse-page.ts';

/** As the report words them, before the list of the images. */
export const warningTexts = {
  only_content_of_link: 'is all that a link has: its alt should say where the link leads',
  foreign_language: 'stands in text of another language: these texts are English',
} as const;
export type Warning = keyof typeof warningTexts;

export function warningsFor({
  isOnlyContentOfLink,
  language,
}: Pick<PageImage, 'isOnlyContentOfLink' | 'language'>): Warning[] {
  const isForeign = language !== '' && language.split('-')[0] !== 'en';
  return [
    ...(isOnlyContentOfLink ? (['only_content_of_link'] as const) : []),
    ...(isForeign ? (['foreign_language'] as const) : []),
  ];
}
