-- Asks for tasks whose ids stand in a file, chosen at random. Arguments: the file, the key, a seed.
-- The requests are made before the load begins, from a sample where the file is long: making each one anew, and the
-- garbage that leaves, would slow the load until it and not the server was measured.
local requests = {}
local count = 0
local most = 100000

function init(args)
  math.randomseed(tonumber(args[3] or "1"))
  local headers = { Authorization = args[2] }
  local ids = {}
  for id in io.lines(args[1]) do
    ids[#ids + 1] = id
  end
  count = math.min(#ids, most)
  for index = 1, count do
    local id = #ids > most and ids[math.random(#ids)] or ids[index]
    requests[index] = wrk.format("GET", "/api/gemini/nano-banana/" .. id, headers)
  end
  ids = nil
  collectgarbage()
  collectgarbage("stop")
end

function request()
  return requests[math.random(count)]
end
