// What tests say of pictures: how they look, whether they are alike, why they are refused.
import { createHash } from 'node:crypto';
import { DomainError } from '@caption-queue/contract/errors';
import type { ImageLimits } from '@caption-queue/imaging/limits';
import { normaliseImage } from '@caption-queue/imaging/normalise';

const SIDE = 299;

export function averageColour(pixels: Uint8Array): number[] {
  const sums = [0, 0, 0];
  for (let i = 0; i < pixels.length; i += 1) sums[i % 3] = (sums[i % 3] ?? 0) + (pixels[i] ?? 0);
  return sums.map((sum) => Math.round(sum / (pixels.length / 3)));
}

/** A colour of each quarter, off the edges between them: above left and right, below left and right. */
export function quarterColours(pixels: Uint8Array): number[][] {
  const at = (x: number, y: number) => [...pixels.subarray((y * SIDE + x) * 3).subarray(0, 3)];
  return [at(60, 60), at(239, 60), at(60, 239), at(239, 239)];
}

export function meanDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  return sum / a.length;
}

/** For messages: a difference between 268,203 numbers is nothing to print. */
export const fingerprint = (pixels: Uint8Array) =>
  createHash('sha256').update(pixels).digest('hex');

async function problemOf(bytes: Uint8Array, limits?: ImageLimits) {
  try {
    await normaliseImage(bytes, limits);
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

/** @returns the problem's code, or `accepted` */
export const refusalOf = async (bytes: Uint8Array, limits?: ImageLimits): Promise<string> =>
  (await problemOf(bytes, limits))?.code ?? 'accepted';

/** @returns what is said of the problem, or `accepted` */
export const answerTo = async (bytes: Uint8Array, limits?: ImageLimits): Promise<string> =>
  (await problemOf(bytes, limits))?.message ?? 'accepted';
