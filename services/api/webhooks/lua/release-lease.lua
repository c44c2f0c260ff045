-- An attempt is over. args.result and args.latencyMs: how it went, if it was made.
redis.call('ZREM', keys.leases, args.token)
if args.result then
  local failing = args.result == 'failed' and '1' or '0'
  redis.call('HSET', keys.lane, 'failing', failing, 'latency_ms', args.latencyMs)
  redis.call('PEXPIRE', keys.lane, args.memoryMs)
end
return reply('ok')
