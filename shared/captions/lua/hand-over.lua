-- The encoder's last write: features stored, bundle pinned, next stage dispatched.
if not held('encode') then return reply('lost') end
redis.call('SET', keys.features, args.features)
set('stage', 'decode', 'enqueued_at', now, 'feature_cache', args.featureCache, 'encode_ms', args.encodeMs,
  'bundle_hash', args.bundleHash)
touch()
setStatus('decoding')
return dispatchNext('ok')
