-- Submits a task that waits. Argument: the key.
local body = '{"model":"nano-banana","prompt":"[[hang]] a banana on a skateboard, in the rain","aspect_ratio":"16:9","image_size":"1K"}'
local submit

function init(args)
  submit = wrk.format("POST", "/api/gemini/nano-banana", { Authorization = args[1], ["Content-Type"] = "application/json" }, body)
end

function request()
  return submit
end
