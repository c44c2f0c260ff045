// Photos with the model's captions and people's: one HTML file that needs no other.
import path from 'node:path';
import { ciderDScores } from '../metrics/cider-d.ts';
import { scoringWords } from '../metrics/scored-caption.ts';
import { type PhotoWithCaption, sample } from './captioned-photo.ts';
import { escapeText } from './svg.ts';
import { dataUri, loadThumbnail } from './thumbnail.ts';

/** About a megabyte. */
const SHOWN_PHOTOS = 60;
const THUMBNAIL_HEIGHT = 200;

const style = `
  body { margin: 2rem; font: 15px/1.4 system-ui, sans-serif; color: #222; background: #fff }
  h1 { font-size: 1.3rem }
  main { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 2rem 1.5rem }
  figure { margin: 0 }
  img { display: block; height: ${THUMBNAIL_HEIGHT}px; max-width: 100%; object-fit: contain }
  figcaption { margin-top: .5rem }
  strong { display: block }
  ul { margin: .3rem 0 0; padding-left: 1.1rem; color: #555 }
  small { color: #777; overflow-wrap: anywhere }
`;

/**
 * @param photos all that were scored, since a photo's CIDEr-D depends on them; some are shown
 */
export async function contactSheet({
  title,
  photos,
  imageFolder,
}: {
  title: string;
  photos: readonly PhotoWithCaption[];
  imageFolder: string;
}): Promise<string> {
  const scores = ciderDScores(
    photos.map(({ caption, references }) => ({
      hypothesis: scoringWords(caption),
      references: references.map(scoringWords),
    })),
  );
  const shown = sample(
    photos.map((photo, index) => ({ ...photo, cider: scores[index] as number })),
    SHOWN_PHOTOS,
  );
  const figures: string[] = [];
  for (const { file, caption, references, cider } of shown) {
    const source = await dataUri(
      await loadThumbnail(path.join(imageFolder, file), THUMBNAIL_HEIGHT),
    );
    figures.push(`<figure>
<img src="${source}" alt="${escapeText(caption)}">
<figcaption><strong>${escapeText(caption)}</strong>
<small>${escapeText(file)}, CIDEr-D ${cider.toFixed(2)}</small>
<ul>${references.map((reference) => `<li>${escapeText(reference)}</li>`).join('')}</ul></figcaption>
</figure>`);
  }
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeText(title)}</title>
<style>${style}</style>
<h1>${escapeText(title)}</h1>
<p>${shown.length} of ${photos.length} photos. The model's caption in bold, below it what people wrote.</p>
<main>
${figures.join('\n')}
</main>
</html>
`;
}
