-- What every script begins with: `keys` and `args` by name, and `reply`. See shared/redis/script.ts.
-- ARGV[1] has the names of KEYS; names and values of the arguments follow. What wasn't given is nil.
local keys, args = {}, {}
local position = 0
for name in string.gmatch(ARGV[1], '%S+') do
  position = position + 1
  keys[name] = KEYS[position]
end
for i = 2, #ARGV, 2 do args[ARGV[i]] = ARGV[i + 1] end

-- A table as name, value, name, value …; what is false is left out.
local function flatten(values)
  local flat = {}
  for name, value in pairs(values) do
    if value then
      flat[#flat + 1] = name
      flat[#flat + 1] = value
    end
  end
  return flat
end

-- What a script answers: a kind, and named values. Numbers have to be whole.
local function reply(kind, values)
  local flat = flatten(values or {})
  table.insert(flat, 1, kind)
  return flat
end
