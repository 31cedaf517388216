-- Pages of EC2's describe calls, at a cost that grows with the page and not with the estate: rows are read in batches, in the
-- order of their making, until the page is full. Only a filter that few rows fit makes it read more.

local filters = require "local_aws.ec2.filters"

local listing = {}

local BATCH = 200

-- One page and the token of the next one. given: {limit= items of a page, token= input.NextToken|nil, start= the place before
-- the first row; read(place, count) -> rows; show(rows) -> what is answered by the rows' indexes, false for one that is not
-- wanted; place(row) -> its place}. What a place is, `read` knows; it has to survive JSON.
function listing.page(given)
  local list, last = {}, nil
  local place = given.token and filters.read_token(given.token, type(given.start)) or given.start
  local count = math.min(given.limit + 1, BATCH) -- enough where every row is wanted
  while true do
    local rows = given.read(place, count)
    for index, shown in ipairs(given.show(rows)) do
      if shown and #list == given.limit then
        return list, filters.token(given.place(last))
      elseif shown then
        list[#list + 1], last = shown, rows[index]
      end
    end
    if #rows < count then
      return list
    end
    place, count = given.place(rows[#rows]), BATCH
  end
end

local function number_of(row)
  return row.number
end

-- The same for the rows of a table that has account, region and number.
function listing.of_table(call, name, limit, show)
  return listing.page {
    limit = limit, token = call.input.NextToken, start = 0, show = show, place = number_of,
    read = function(after, count)
      return call.world.db:all(([[SELECT * FROM %s WHERE account = ? AND region = ? AND number > ? ORDER BY number
        LIMIT ?]]):format(name), call.account, call.region, math.tointeger(after), count)
    end,
  }
end

return listing
