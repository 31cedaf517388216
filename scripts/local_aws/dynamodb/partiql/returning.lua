-- What RETURNING asks to be told of a write.

local json = require "json"

-- The attributes that an update names, whole, as they were or are.
local function modified(plan, item)
  local out = json.object {}
  for _, action in ipairs(plan.actions) do
    out[action.path[1]] = item and item[action.path[1]]
  end
  return next(out) ~= nil and out or nil
end

local returning = {
  ALL_OLD = function(_, result) return result.old end,
  ALL_NEW = function(_, result) return result.new end,
  UPDATED_OLD = function(plan, result) return modified(plan, result.old) end,
  UPDATED_NEW = function(plan, result) return modified(plan, result.new) end,
}

-- plan, the result of writes.execute -> item | nil
return function(plan, result)
  return plan.returning and returning[plan.returning](plan, result)
end
