-- drsh run tests/conformance/botocore_requests.lua < VECTORS: see botocore_requests.py, which calls this.
package.path = "./?.lua;" .. package.path
local vectors = require "tests.support.botocore_vectors"

local agreed, problems = vectors.check(io.lines())
local shown = {}
for _, problem in ipairs(problems) do
  -- One of a kind is enough: the same operation differs in the same way again and again.
  local kind = problem:gsub(" is .*", ""):gsub("%d+", "N")
  if not shown[kind] and #shown < 60 then
    shown[kind] = true
    shown[#shown + 1] = kind
    print(#problem > 400 and problem:sub(1, 400) .. " ..." or problem)
  end
end
print(("%d passed, %d failed"):format(agreed, #problems))
os.exit(#problems == 0, true)
