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

-- Adds conditions to a SELECT's text and values; a condition is {sql with one ?, value}, and one without a value is none.
local function add_conditions(sql, values, conditions)
  for _, condition in ipairs(conditions) do
    if condition[2] ~= nil then
      sql[#sql + 1], values[#values + 1] = condition[1], condition[2]
    end
  end
end

-- A condition on a column's values. An empty list is no condition: a filter that was built from nothing filters nothing.
function pages.one_of(column, list)
  return { column .. " IN (SELECT value FROM json_each(?))", list and list[1] and json.encode(json.array(list)) or nil }
end

-- One page of the rows of a table that are the call's (account and region), and its token. The place behind the last row is
-- sought in an index, so a page costs the same in a small estate and in a big one. given: {from= table, order= columns,
-- descending=bool, where= list of conditions}. keyed: the conditions name rows by their ids; then those few are read and sorted
-- (the + keeps SQLite from walking through all rows in their order instead).
function pages.of_table(call, given)
  local size, place = pages.start(call)
  local plus, columns = given.keyed and "+" or "", table.concat(given.order, ", ")
  local sql = { ("SELECT * FROM %s WHERE account = ? AND region = ?"):format(given.from) }
  local values = { call.account, call.region }
  add_conditions(sql, values, given.where)
  if place then
    local sign = given.descending and "<" or ">"
    sql[#sql + 1] = ("(%s%s) %s (?%s)"):format(plus, columns, sign, (", ?"):rep(#given.order - 1))
    table.move(place, 1, #place, #values + 1, values)
  end
  local direction = given.descending and " DESC" or ""
  values[#values + 1] = size + 1
  local rows = call.world.db:all(("%s ORDER BY %s%s%s LIMIT ?"):format(table.concat(sql, " AND "), plus,
    table.concat(given.order, direction .. ", "), direction), table.unpack(values))
  return pages.cut(call, rows, size, function(row)
    local found = json.array {}
    for index, column in ipairs(given.order) do
      found[index] = row[column]
    end
    return found
  end)
end

-- Pages of a list that is at hand whole.
function pages.of_list(call, list)
  local size, after = pages.start(call)
  local first = (after or 0) + 1
  local items = json.array { table.unpack(list, first, math.min(#list, first + size - 1)) }
  return items, list[first + size] and pages.token(call, first + size - 1) or nil
end

return pages
