-- Times of the week, for policies: "weekdays from 20:00 to 06:00". Hours are those of a fixed offset from UTC: daylight saving
-- would make the window of one night an hour longer.

local time = require "time"

local windows = {}

local DAY = 86400
local NAMES = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" }
local number_of = {}
for number, name in ipairs(NAMES) do number_of[name] = number end

local function minutes(text)
  local hours, rest = tostring(text):match("^(%d%d?):(%d%d)$")
  if not hours or tonumber(hours) > 24 or tonumber(rest) > 59 then
    error("a time of day is like 20:00, not " .. tostring(text), 3)
  end
  return tonumber(hours) * 60 + tonumber(rest)
end

local function has_day(days, number)
  for _, name in ipairs(days or NAMES) do
    if not number_of[name] then error("a day is one of " .. table.concat(NAMES, ", ") .. ", not " .. tostring(name), 3) end
    if number_of[name] == number then return true end
  end
  return false
end

--- Is the window { days = { "Mon", ... }, from = "20:00", to = "06:00", utc_offset_hours = 1 } open at `now`? True; or false
-- and the time at which it opens next. A window over midnight belongs to the day on which it begins; no days: every day.
function windows.is_open(window, now)
  now = now or time.now()
  local from, to = minutes(window.from) * 60, minutes(window.to) * 60
  local length = (to - from - 1) % DAY + 1
  local offset = math.floor((window.utc_offset_hours or 0) * 3600)
  local midnight = (now + offset) // DAY * DAY - offset
  for day = -1, 7 do
    local opens = midnight + day * DAY + from
    local weekday = ((opens - from + offset) // DAY + 3) % 7 + 1       -- 1970-01-01 was a Thursday
    if has_day(window.days, weekday) then
      if opens > now then return false, opens end
      if now < opens + length then return true end
    end
  end
  error("the window has no day", 2)
end

return windows
