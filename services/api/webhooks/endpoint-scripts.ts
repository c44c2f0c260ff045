// What changes an endpoint in Redis, each one atomic step: what it is given and what it answers.
import { fields, integer, json, oneOf, text } from '@caption-queue/redis/codecs';
import { defineScript } from '@caption-queue/redis/script';
import createEndpointLua from './lua/create-endpoint.lua';
import deleteEndpointLua from './lua/delete-endpoint.lua';
import noteHealthLua from './lua/note-health.lua';
import rotateSecretLua from './lua/rotate-secret.lua';
import updateEndpointLua from './lua/update-endpoint.lua';

export const CREATE_ENDPOINT = defineScript({
  name: 'create-endpoint',
  lua: createEndpointLua,
  keys: ['webhook', 'ofTenant', 'subscribers'],
  args: { id: text, tenant: text, most: integer, fields },
  replies: { created: {}, full: {} },
});

export const UPDATE_ENDPOINT = defineScript({
  name: 'update-endpoint',
  lua: updateEndpointLua,
  keys: ['webhook'],
  args: { tenant: text, fields, cleared: json<string[]>() },
  replies: { absent: {}, ok: {} },
});

export const DELETE_ENDPOINT = defineScript({
  name: 'delete-endpoint',
  lua: deleteEndpointLua,
  keys: ['webhook', 'ofTenant', 'subscribers', 'waiting', 'lane', 'leases', 'deliveries', 'ended'],
  args: { id: text, tenant: text },
  replies: { absent: {}, deleted: {} },
});

export const ROTATE_SECRET = defineScript({
  name: 'rotate-secret',
  lua: rotateSecretLua,
  keys: ['webhook'],
  args: {
    tenant: text,
    secret: text,
    now: integer,
    /** Until then the one before signs as well. */
    validUntil: integer,
  },
  replies: { absent: {}, ok: {} },
});

export const NOTE_HEALTH = defineScript({
  name: 'note-health',
  lua: noteHealthLua,
  keys: ['webhook'],
  args: { health: oneOf('success', 'failure', 'gone'), now: integer, limitMs: integer },
  replies: { ok: {}, disabled: { reason: oneOf('gone', 'failing') } },
});
