// A small copy of a picture, to show and to keep: a page full of camera photos would need gigabytes.
import { createTurns } from '../common/waiting.js';

/** Enough for a card on a dense screen. */
const LONGEST_SIDE = 640;
const QUALITY = 0.78;
const turns = createTurns(2);

/**
 * @param {Blob} file
 * @param {AbortSignal} signal
 * @returns {Promise<Blob | null>} null when the browser can't read it
 */
export async function makeThumbnail(file, signal) {
  const release = await turns.take(signal);
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const context = canvas.getContext('2d');
    if (context === null) return null;
    context.imageSmoothingQuality = 'high';
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    // A browser that can't write WebP makes a PNG of it.
    return await new Promise((resolve) => canvas.toBlob(resolve, 'image/webp', QUALITY));
  } catch {
    return null;
  } finally {
    release();
  }
}
