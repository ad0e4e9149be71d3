-- For wrk: POST /guard with short texts (about 120 characters) or long ones (4,000). One text differs from the next by a number.
--
--   tinyguard serve &
--   wrk -t1 -c32 -d10s --latency -s bench/service/guard.lua http://127.0.0.1:8088/guard -- short
local sentence = "The harbour was quiet in the early morning, and the ferries lay at their moorings. "
local text, count = "", 0

function init(arguments)
  local size = arguments[1] == "long" and 4000 or 120
  text = string.rep(sentence, math.ceil(size / #sentence)):sub(1, size)
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  return wrk.format("POST", nil, nil, string.format('{"text": "%s %d"}', text, count))
end
