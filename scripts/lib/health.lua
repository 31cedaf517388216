-- Health checks over HTTP, for policies. A URL is asked once in a request, however many instances are judged.

local http = require "http"

local health = {}

local asked = {}

local function ask(url)
  local ok, answer = pcall(http.request, { method = "GET", url = url, timeout = 5, connect_timeout = 2, limit = 65536 })
  if not ok then return { false, type(answer) == "table" and answer.message or tostring(answer) } end
  return { answer.status >= 200 and answer.status < 300, "HTTP " .. answer.status }
end

--- Does this URL answer with 2xx within five seconds? True or false, and what it answered.
function health.is_good(url)
  asked[url] = asked[url] or ask(url)
  return asked[url][1], asked[url][2]
end

return health
