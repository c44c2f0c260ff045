// What is said of a picture that can not be read.
import { DomainError } from '@caption-queue/contract/errors';

export function damaged(cause: unknown): DomainError {
  return new DomainError(
    'damaged_image',
    'The picture is damaged or cut off and cannot be decoded; send the whole file again.',
    { cause },
  );
}

export interface Rows {
  /** From the top, with all their pixels. */
  whole: number;
  /** Of the picture. */
  height: number;
}

/** What to say where it is known how far the pixels reach. */
export function cutOff({ whole, height }: Rows): DomainError {
  const missing = height - whole;
  return new DomainError(
    'damaged_image',
    `The picture is cut off: ${missing} of ${height} rows ${missing === 1 ? 'is' : 'are'} missing. Send the whole file again.`,
  );
}

/** @param what e.g. "a JPEG of 12 bits a sample" @param advice what to do instead, with its full stop */
export function notRead(what: string, advice: string): DomainError {
  return new DomainError('unsupported_image', `This is ${what}, which is not read; ${advice}`);
}
