-- drsh run tests/conformance/botocore_requests.lua VECTORS: see botocore_requests.py, which calls this.
package.path = "./?.lua;" .. package.path
local vectors = require "tests.support.botocore_vectors"

local agreed, problems = vectors.check(arg[1])
for index = 1, math.min(#problems, 40) do
  print(problems[index])
end
print(("%d passed, %d failed"):format(agreed, #problems))
os.exit(agreed > 0 and #problems == 0, true)
