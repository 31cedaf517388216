-- Names and times as DRS writes them.

local common = require "local_aws.ids"
local time = require "time"

local ids = { new = common.new, derived = common.derived }

-- "arn:aws:drs:us-east-1:123456789012:job/drsjob-..."
function ids.arn(account, region, kind, id)
  return ("arn:aws:drs:%s:%s:%s/%s"):format(region, account, kind, id)
end

-- DRS answers microseconds with an offset, whatever the model's pattern says: "2022-12-07T19:15:38.846723+00:00".
function ids.timestamp(us)
  return time.iso8601(us // 1000000, "s"):sub(1, 19) .. (".%06d+00:00"):format(us % 1000000)
end

-- Microseconds as an ISO 8601 duration: "P0D", "PT4.2S", "P2DT1H32M12.136909S".
function ids.duration(us)
  local seconds, fraction = us // 1000000, us % 1000000
  local days, rest = seconds // 86400, seconds % 86400
  local clock = ""
  if rest >= 3600 then
    clock = clock .. (rest // 3600) .. "H"
  end
  if rest % 3600 >= 60 then
    clock = clock .. (rest % 3600 // 60) .. "M"
  end
  if rest % 60 > 0 or fraction > 0 then
    clock = clock .. (fraction == 0 and ("%dS"):format(rest % 60) or ("%d.%06dS"):format(rest % 60, fraction))
  end
  if clock == "" then
    return ("P%dD"):format(days)
  end
  return (days > 0 and ("P%dDT"):format(days) or "PT") .. clock
end

return ids
