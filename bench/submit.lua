-- Submits a task that waits. Argument: the key.
local body = '{"model":"nano-banana","prompt":"[[hang]] a banana on a skateboard, in the rain","aspect_ratio":"16:9","image_size":"1K"}'

function init(args)
  wrk.headers["Authorization"] = args[1]
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  return wrk.format("POST", "/api/gemini/nano-banana", wrk.headers, body)
end
