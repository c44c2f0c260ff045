// The captions of this browser, kept over reloads: words and a small picture, the newest 200.

/** @import { KeptPicture } from './picture.js' */

const MOST = 200;

/**
 * @template T
 * @param {IDBRequest<T>} pending
 * @returns {Promise<T>}
 */
const settled = (pending) =>
  new Promise((resolve, reject) => {
    pending.addEventListener('success', () => resolve(pending.result));
    pending.addEventListener('error', () => reject(pending.error));
  });

/** Asynchronous, since a browser that keeps nothing may throw. */
async function open() {
  const opening = indexedDB.open('caption-queue', 1);
  opening.addEventListener('upgradeneeded', () => {
    opening.result.createObjectStore('captions', { keyPath: 'key' });
  });
  return settled(opening);
}

const database = open();
// Told to whoever uses it.
database.catch(() => {});

/**
 * Without a database (some private windows have none) there is a page, but no history.
 *
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => Promise<T>} use
 * @returns {Promise<T | undefined>} undefined without a database
 */
async function withStore(mode, use) {
  try {
    return await use((await database).transaction('captions', mode).objectStore('captions'));
  } catch {
    return undefined;
  }
}

/** @returns {Promise<KeptPicture[]>} newest first */
export async function load() {
  const kept = await withStore('readonly', (store) => settled(store.getAll()));
  return kept?.reverse() ?? [];
}

/** @param {KeptPicture} entry keys sort by time */
export const save = (entry) =>
  withStore('readwrite', async (store) => {
    await settled(store.put(entry));
    const keys = await settled(store.getAllKeys());
    for (const key of keys.slice(0, Math.max(keys.length - MOST, 0))) store.delete(key);
  });

/** @param {string} key */
export const forget = (key) => withStore('readwrite', (store) => settled(store.delete(key)));
