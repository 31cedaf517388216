-- drsh run tests/conformance/sigv4a.lua FILE: see sigv4a.py, which calls this.
local crypto = require "crypto"
local json   = require "json"
local sigv4  = require "sigv4"

local function ours(request)
  request.body, request.explain = crypto.base64_decode(request.body), true
  if request.expires then
    local url, _, text = sigv4.presign(request)
    return { url = url, text = text }
  end
  local headers, _, text = sigv4.sign(request)
  return { authorization = headers.Authorization, text = text }
end

for line in io.lines(arg[1]) do
  local fine, answer = pcall(ours, json.decode(line))
  print(json.encode(fine and answer or { problem = tostring(answer) }))
end
