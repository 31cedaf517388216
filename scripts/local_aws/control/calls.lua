-- The calls that the local AWS received, the newest of them: what tests and people look at.

local json = require "json"
local time = require "time"

local calls = {}

local KEPT = 10000

function calls.new()
  local self = {}
  local list, count = {}, 0

  function self.record(call, status)
    count = count + 1
    list[(count - 1) % KEPT + 1] = {
      number = count, time = time.now_us() / 1e6, service = call.entry.name, operation = call.operation, region = call.region,
      account = call.account, accessKeyId = call.principal and call.principal.accessKeyId, status = status, code = call.code,
      requestId = call.requestId,
    }
  end

  -- The newest `limit` calls, oldest first; `filter` holds service, operation, code, account, region that must be equal.
  function self.list(filter, limit)
    local found = {}
    for number = count, math.max(1, count - KEPT + 1), -1 do
      local call = list[(number - 1) % KEPT + 1]
      local fits = true
      for name, value in pairs(filter) do
        fits = fits and call[name] == value
      end
      if fits then
        found[#found + 1] = call
        if #found >= limit then
          break
        end
      end
    end
    local in_order = {}
    for index = #found, 1, -1 do
      in_order[#in_order + 1] = found[index]
    end
    return json.array(in_order)
  end

  function self.count()
    return count
  end

  function self.clear()
    list, count = {}, 0
  end

  return self
end

return calls
