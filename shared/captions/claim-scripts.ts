// The transitions that workers and the reconciler make, each one script: what it is given and what it answers.
import type { CaptionInput, CaptionOptions } from '@caption-queue/contract/caption';
import {
  bytes,
  fields,
  flag,
  integer,
  json,
  oneOf,
  optional,
  text,
} from '@caption-queue/redis/codecs';
import { defineScript } from '@caption-queue/redis/script';
import { captionKeys, priority, stage } from './context.ts';
import appendEventsLua from './lua/append-events.lua';
import claimLua from './lua/claim.lua';
import finishLua from './lua/finish.lua';
import handOverLua from './lua/hand-over.lua';
import prelude from './lua/prelude.lua';
import redispatchLua from './lua/redispatch.lua';
import releaseLua from './lua/release.lua';
import restartLua from './lua/restart.lua';
import storeFetchedLua from './lua/store-fetched.lua';

const common = { include: [prelude], keys: captionKeys };
const claimArgs = { id: text, dispatch: integer, fence: integer };
const nextJob = { dispatch: integer, priority };
const written = { lost: {}, ok: {} };
const progressArgs = {
  /** Type and data (JSON) of each. */
  events: json<[type: string, data: string][]>(),
  /** How many of them are words. */
  words: integer,
};
const revived = { moved: {}, exhausted: {}, ok: nextJob };

export const CLAIM = defineScript({
  ...common,
  name: 'claim',
  lua: claimLua,
  args: {
    id: text,
    stage,
    dispatch: integer,
    maxClaims: integer,
    /** A decoder's own. */
    bundleHash: optional(text),
    tooManyAttempts: text,
    pixelsLost: text,
  },
  replies: {
    gone: {},
    ended: {},
    stale: {},
    exhausted: {},
    'pixels-lost': {},
    'handed-over': nextJob,
    'other-bundle': { bundleHash: text, first: flag },
    'features-lost': { dispatch: integer },
    claimed: {
      fence: integer,
      claims: integer,
      options: json<CaptionOptions>(),
      createdAt: integer,
      waitedMs: integer,
      /** A URL, pixels or features. */
      work: bytes,
      input: optional(json<CaptionInput>()),
      bundleHash: optional(text),
    },
  },
});

export const STORE_FETCHED = defineScript({
  ...common,
  name: 'store-fetched',
  lua: storeFetchedLua,
  args: { ...claimArgs, pixels: bytes, input: json<CaptionInput>() },
  replies: { lost: {}, ok: nextJob },
});

export const HAND_OVER = defineScript({
  ...common,
  name: 'hand-over',
  lua: handOverLua,
  args: {
    ...claimArgs,
    features: bytes,
    featureCache: oneOf('hit', 'miss'),
    encodeMs: integer,
    bundleHash: text,
  },
  replies: { lost: {}, ok: nextJob },
});

export const APPEND_EVENTS = defineScript({
  ...common,
  name: 'append-events',
  lua: appendEventsLua,
  args: { ...claimArgs, ...progressArgs },
  replies: written,
});

export const FINISH = defineScript({
  ...common,
  name: 'finish',
  lua: finishLua,
  args: { ...claimArgs, ...progressArgs, stage, status: oneOf('succeeded', 'failed'), fields },
  replies: written,
});

export const RELEASE = defineScript({
  ...common,
  name: 'release',
  lua: releaseLua,
  args: { ...claimArgs, stage },
  replies: written,
});

export const REDISPATCH = defineScript({
  ...common,
  name: 'redispatch',
  lua: redispatchLua,
  args: { id: text, stage, dispatch: integer, maxClaims: integer, tooManyAttempts: text },
  replies: revived,
});

export const RESTART = defineScript({
  ...common,
  name: 'restart',
  lua: restartLua,
  args: { id: text, dispatch: integer, maxClaims: integer, tooManyAttempts: text },
  replies: revived,
});
