-- The database tier stays for a day after the end of the execution, for whoever has to find out what went wrong. All else may
-- go.
local time = require "time"

local HOURS = 24

local function is_database(instance)
  local tier = (instance.tags or {}).tier or instance.waveName or ""
  tier = tier:lower()
  return tier:find("database", 1, true) or tier:find("db", 1, true)
end

return {
  may_terminate = function(instance, execution)
    if not is_database(instance) then return "allow" end
    local ends = execution.endTime + HOURS * 3600
    if time.now() >= ends then return "allow" end
    return "defer", ("databases are kept %d hours for forensics"):format(HOURS), { until_ = ends }
  end,
}
