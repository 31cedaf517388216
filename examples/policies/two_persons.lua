-- Whoever asks for a termination needs a second person, who sends { "approve": true } to the same endpoint. The host refuses an
-- approval by the one who asked; here it is looked at once more, with its age.
local time = require "time"

local ROLE    = "operator"    -- who may approve; "anyone" for every other caller
local SECONDS = 8 * 3600      -- an approval is for this shift, not for ever

return {
  may_terminate = function(_instance, _execution, order)
    for _, approval in ipairs(order.approvals) do
      if approval.by ~= order.by and approval.at > time.now() - SECONDS then return "allow" end
    end
    return "defer", "a second person must approve what " .. tostring(order.by) .. " asked for", { approval = ROLE }
  end,
}
