-- Terminate only at night, from Monday to Friday; what is asked for by day happens when the window opens.
local time    = require "time"
local windows = require "lib.windows"

local WINDOW = { days = { "Mon", "Tue", "Wed", "Thu", "Fri" }, from = "20:00", to = "06:00", utc_offset_hours = 1 }

return {
  may_terminate = function()
    local open, opens = windows.is_open(WINDOW)
    if open then return "allow" end
    return "defer", "outside the window, which opens at " .. time.iso8601(opens), { until_ = opens }
  end,
}
