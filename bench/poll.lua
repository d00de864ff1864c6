-- Asks for tasks whose ids stand in a file, as 64 pollers do that ask about 15 times a second each, and not as fast as they
-- can. Arguments: the file, the key.
local requests = {}
local last = 0

function init(args)
  local headers = { Authorization = args[2] }
  for id in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", "/api/gemini/nano-banana/" .. id, headers)
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

-- Milliseconds; at random, lest all of them ask at the same time.
function delay()
  return math.random(0, 128)
end
