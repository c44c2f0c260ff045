// What a file is, by its first bytes: whatever its name says, and without reading it as a whole.
import { open } from 'node:fs/promises';
import {
  type ImageMediaType,
  SNIFFED_BYTES,
  sniffFormat,
  withoutBlanks,
} from '@caption-queue/imaging/sniff-format';
import { nameUnread, type UnreadFormat } from '@caption-queue/imaging/unread-formats';

export interface SniffedFile {
  /** Of a picture that can be read. */
  mediaType: ImageMediaType | undefined;
  /** What it is instead, where that is known. */
  unread: UnreadFormat | undefined;
}

/** @throws when the file can't be opened or read */
export async function sniffFile(path: string): Promise<SniffedFile> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(SNIFFED_BYTES);
    const { bytesRead } = await file.read(buffer, 0, SNIFFED_BYTES, 0);
    const head = withoutBlanks(buffer.subarray(0, bytesRead));
    const mediaType = sniffFormat(head);
    return { mediaType, unread: mediaType === undefined ? nameUnread(head) : undefined };
  } finally {
    await file.close();
  }
}
