// Where the attention decoder looked for each word: a row of lit copies of each photo, as one SVG.
import path from 'node:path';
import { type PhotoWithCaption, sample } from './captioned-photo.ts';
import { element, svgDocument, text } from './svg.ts';
import { dataUri, lit, loadThumbnail, type Thumbnail } from './thumbnail.ts';

const SHOWN_PHOTOS = 8;
const TILE_HEIGHT = 110;
const GAP = 8;
const TEXT_HEIGHT = 22;
const ROW_HEIGHT = TILE_HEIGHT + TEXT_HEIGHT + GAP;

/** @returns `undefined` when no word has attention weights, as with the merge decoder */
export async function attentionOverlay({
  photos,
  imageFolder,
}: {
  photos: readonly PhotoWithCaption[];
  imageFolder: string;
}): Promise<string | undefined> {
  const attended = photos.filter(({ words }) => words.some(({ attention }) => attention));
  if (attended.length === 0) return undefined;
  const rows = await Promise.all(
    sample(attended, SHOWN_PHOTOS).map((photo) => drawRow(photo, imageFolder)),
  );
  return svgDocument({
    width: Math.max(...rows.map(({ width }) => width)) + GAP,
    height: rows.length * ROW_HEIGHT + GAP,
    description: 'Photos, and for each word of their captions where the model looked',
    content: rows
      .map(({ content }, index) =>
        element('g', { transform: `translate(0 ${GAP + index * ROW_HEIGHT})` }, content),
      )
      .join('\n'),
  });
}

async function drawRow(
  { file, words }: PhotoWithCaption,
  imageFolder: string,
): Promise<{ content: string; width: number }> {
  const photo = await loadThumbnail(path.join(imageFolder, file), TILE_HEIGHT);
  const tiles = [
    await drawTile(photo, ''),
    ...(await Promise.all(
      words.map(async ({ text: word, attention }) =>
        drawTile(attention ? await lit(photo, attention) : photo, word),
      ),
    )),
  ];
  const step = photo.width + GAP;
  return {
    content: tiles
      .map((tile, index) => element('g', { transform: `translate(${GAP + index * step} 0)` }, tile))
      .join('\n'),
    width: tiles.length * step,
  };
}

async function drawTile(picture: Thumbnail, word: string): Promise<string> {
  const { width, height } = picture;
  return (
    element('image', { href: await dataUri(picture), width, height }) +
    text(word, { x: width / 2, y: height + 16, 'text-anchor': 'middle' })
  );
}
