// The figures of kinds, as a person reads them on the terminal and in the model card.
import { type PictureKind, pictureKinds } from '@caption-queue/contract/kind';
import { markdownTable, paragraphs } from '../card/markdown.ts';

export const KINDS_REPORT = 'report.md';

export interface JudgedPicture {
  /** Of which set or program. */
  source: string;
  kind: PictureKind;
  judged: PictureKind;
}

/** Rows: what pictures are; columns: what they were taken for, as counts, and the share that is right. */
function confusionTable(pictures: readonly JudgedPicture[]): string {
  const rows = pictureKinds.flatMap((kind) => {
    const members = pictures.filter((picture) => picture.kind === kind);
    if (members.length === 0) return [];
    const counts = pictureKinds.map((name) => countOf(members, name));
    return [[kind, ...counts.map(String), percent(countOf(members, kind) / members.length)]];
  });
  return markdownTable(['taken for', ...pictureKinds, 'right'], rows);
}

/** Of each set of photos, how many were taken for something else. */
function lostPhotosTable(pictures: readonly JudgedPicture[]): string {
  const photos = pictures.filter(({ kind }) => kind === 'photo');
  const sources = [...new Set(photos.map(({ source }) => source))];
  return markdownTable(
    ['photos of', 'how many', 'called anything else'],
    sources.map((source) => {
      const members = photos.filter((photo) => photo.source === source);
      const lost = members.filter(({ judged }) => judged !== 'photo').length;
      return [source, String(members.length), `${lost} (${percent(lost / members.length)})`];
    }),
  );
}

/** Share of the pictures whose kind is right. */
function shareRight(pictures: readonly JudgedPicture[]): number {
  return pictures.filter(({ kind, judged }) => kind === judged).length / pictures.length;
}

export function kindsReport(pictures: readonly JudgedPicture[]): string {
  const graphics = pictures.filter(({ kind }) => kind !== 'photo');
  const asPhotos = graphics.filter(({ judged }) => judged === 'photo').length;
  return paragraphs(
    confusionTable(pictures),
    `Of ${graphics.length} graphics the kind of ${percent(shareRight(graphics))} is right, and ${percent(asPhotos / graphics.length)} are taken for photos.`,
    lostPhotosTable(pictures),
  );
}

const countOf = (pictures: readonly JudgedPicture[], name: PictureKind) =>
  pictures.filter(({ judged }) => judged === name).length;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
