-- Reading the query string: each value checked, each mistake a 400 that names it.

local reply  = require "lib.reply"
local status = require "lib.status"

local query = {}

local TYPES = { DRILL = true, RECOVERY = true }

local function refuse(name, message)
  reply.fail(400, "INVALID_FIELD", message, { field = name })
end

--- A text, or nil when it is missing or empty.
function query.text(request, name)
  local value = request.query[name]
  if type(value) == "table" then refuse(name, name .. " is given more than once") end
  if value == "" then return nil end
  return value
end

function query.whole_number(request, name, range)
  local text = query.text(request, name)
  if not text then return range.default end
  local number = text:match("^%d+$") and math.tointeger(tonumber(text))
  if not number or number < range.from or number > range.to then
    refuse(name, ("%s must be a whole number from %d to %d"):format(name, range.from, range.to))
  end
  return number
end

--- The filters of the listing: accountId, planId, status, executionType.
function query.filters(request)
  local word, kind = query.text(request, "status"), query.text(request, "executionType")
  word, kind = word and word:upper(), kind and kind:upper()
  if word then word = status.of { status = word } end
  if word and not status.is_known(word) then refuse("status", "there is no execution status " .. word) end
  if kind and not TYPES[kind] then refuse("executionType", "executionType is DRILL or RECOVERY") end
  return {
    accountId = query.text(request, "accountId"), planId = query.text(request, "planId"), status = word, executionType = kind,
  }
end

return query
