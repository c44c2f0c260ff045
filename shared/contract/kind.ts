// What kind of picture it is: only photos are described in sentences, since captions were learned from photos.
import Type from 'typebox';

export const pictureKinds = [
  'photo',
  'drawing',
  'screenshot',
  'chart',
  'document',
  'blank',
] as const;

export const PictureKind = Type.Enum(pictureKinds, {
  description:
    '`drawing`: illustration, clip art, logo, icon, painting; `chart`: plot, diagram, map; `document`: text, table, form, slide; `blank`: nothing to see.',
});
export type PictureKind = Type.Static<typeof PictureKind>;

/** Kinds that captions are published of when a request doesn't say. */
export const describedKinds: readonly PictureKind[] = ['photo'];
