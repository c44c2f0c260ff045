-- Scripts for Redis. Each is put together from the preamble, the files it includes and its own, so what those define
-- is known in the others by the lists below.
std = 'lua51'
max_line_length = 120
exclude_files = { '**/node_modules' }

local preamble = { 'keys', 'args', 'flatten', 'reply' }
local captions = {
  'id', 'now', 'terminalEvent', 'get', 'set', 'append', 'appendProgress', 'hint', 'setStatus', 'touch', 'finish', 'overdue',
  'held', 'fail', 'dispatchNext',
}
local admission = { 'repeated', 'bind', 'full', 'createRecord' }

local function known(...)
  local names = {}
  for _, list in ipairs({ ... }) do
    for _, name in ipairs(list) do names[#names + 1] = name end
  end
  return names
end

read_globals = known({ 'redis', 'cjson', 'KEYS', 'ARGV' }, preamble)
-- A file that others include defines, and fills, what it doesn't use itself.
local definitions = { '211', '241' }
files['shared/redis/lua/preamble.lua'] = { ignore = definitions }
files['shared/captions/lua'] = { read_globals = captions }
files['shared/captions/lua/prelude.lua'] = { ignore = definitions }
files['shared/captions/lua/create'] = { read_globals = admission }
files['shared/captions/lua/create/admission.lua'] = { ignore = definitions }
files['services/api/webhooks/lua'] = {
  read_globals = { 'endpointIsGone', 'countWaiting', 'keepLists', 'send', 'forget' },
}
files['services/api/webhooks/lua/delivery.lua'] = { ignore = definitions }
