-- Pages of DRS: small by default, so that a caller who forgets them sees it at once. A token holds the place behind the last
-- item and what was asked; used with another question it is refused.

local crypto = require "crypto"
local failures = require "local_aws.drs.failures"
local json = require "json"

local pages = {}

local function question(call)
  local input = {}
  for name, value in pairs(call.input) do
    if name ~= "nextToken" and name ~= "maxResults" then
      input[name] = value
    end
  end
  return crypto.hex(crypto.sha256(call.operation .. call.account .. call.region .. json.encode(json.object(input)))):sub(1, 16)
end

-- How many items this call gets, and behind what (nil: from the start).
function pages.start(call)
  local settings = call.world.settings.drs
  local size = math.min(call.input.maxResults or settings.pageSize, settings.pageCap)
  local token = call.input.nextToken
  if not token or token == "" then
    return size, nil
  end
  local text = crypto.base64url_decode(token)
  local ok, value = pcall(json.decode, text or "")
  if not text or not ok or type(value) ~= "table" or value.q ~= question(call) then
    failures.invalid("Invalid nextToken", "fieldValidationFailed")
  end
  return size, value.after
end

function pages.token(call, after)
  return crypto.base64url_encode(json.encode { q = question(call), after = after })
end

-- Cuts rows that were read one more than the page holds: the rows of the page, and the token if there are more.
function pages.cut(call, rows, size, place)
  if #rows <= size then
    return rows, nil
  end
  local page = { table.unpack(rows, 1, size) }
  return page, pages.token(call, place(page[size]))
end

-- Pages of a list that is at hand whole.
function pages.of_list(call, list)
  local size, after = pages.start(call)
  local first = (after or 0) + 1
  local items = json.array { table.unpack(list, first, math.min(#list, first + size - 1)) }
  return items, list[first + size] and pages.token(call, first + size - 1) or nil
end

return pages
