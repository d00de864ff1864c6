-- Asks for tasks whose ids stand in a file, chosen at random. Arguments: the file, the key.
local paths = {}
local count = 0
local headers = {}

function init(args)
  headers["Authorization"] = args[2]
  for id in io.lines(args[1]) do
    count = count + 1
    paths[count] = id
  end
  math.randomseed(tonumber(args[3] or "1"))
end

function request()
  return wrk.format("GET", "/api/gemini/nano-banana/" .. paths[math.random(count)], headers)
end
