-- drsh run tests/conformance/botocore_signatures.lua < CASES: see botocore_signatures.py, which calls this.
local crypto = require "crypto"
local json   = require "json"
local sigv4  = require "sigv4"

-- What we make of the case, as botocore's result is written.
local function ours(request)
  request.body = crypto.base64_decode(request.body)
  if request.expires then
    return { url = sigv4.presign(request) }
  end
  local headers = sigv4.sign(request)
  return { authorization = headers.Authorization, date = headers["X-Amz-Date"] }
end

local passed, failed = 0, 0
for line in io.lines() do
  local case = json.decode(line)
  local body = case.request.body
  local made, result = pcall(ours, case.request)
  local different = not made and tostring(result)
  for name, expected in pairs(made and case.expected or {}) do
    if result[name] ~= expected then
      different = ("%s is\n  %s, botocore has\n  %s"):format(name, tostring(result[name]), expected)
    end
  end
  if different then
    failed = failed + 1
    if failed <= 5 then
      case.request.body = body
      print(json.encode(case.request))
      print(different)
    end
  else
    passed = passed + 1
  end
end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(passed > 0 and failed == 0, true)
