-- A page of items in the order of a table or an index: what Query and Scan have in common.
--
-- The database is read in small steps whose length follows the size of the items seen, until the page is full: a page's cost is
-- its own, whatever the table holds.

local capacity   = require "local_aws.dynamodb.capacity"
local codec      = require "local_aws.dynamodb.codec"
local evaluate   = require "local_aws.dynamodb.evaluate"
local items      = require "local_aws.dynamodb.items"
local json       = require "json"
local keys       = require "local_aws.dynamodb.keys"
local projection = require "local_aws.dynamodb.projection"
local size       = require "local_aws.dynamodb.size"
local sqlite     = require "sqlite"

local reads = {}

local FIRST_STEP = 16
local LONGEST_STEP = 1000

-- Each row source: what is selected, and the columns that identify a row in a partition, in their order.
local TABLE_SOURCE = {
  select = "SELECT i.id, i.item, i.size, i.size AS read_size, i.slot, i.hash, i.range "
    .. "FROM dynamodb_item i WHERE i.table_id = ?",
  order = { "i.range" }, partition = { "i.slot", "i.hash" },
}
local INDEX_SOURCE = {
  select = "SELECT i.id, i.item, i.size, e.size AS read_size, e.slot, e.hash, e.range, e.primary_key "
    .. "FROM dynamodb_index_entry e CROSS JOIN dynamodb_item i ON i.id = e.item_id WHERE e.index_id = ?",
  order = { "e.range", "e.primary_key" }, partition = { "e.slot", "e.hash" },
}

local function bound(parameter)
  return type(parameter) == "string" and sqlite.blob(parameter) or parameter
end

-- The place of a row, or of a start key, in the order of a table or index.
local function place_of(row)
  return { row.slot, row.hash, row.range, row.primary_key }
end

function reads.place_of(table_, index, key)
  local place = keys.place(index or table_, key)
  place.primary_key = index and keys.primary(table_, key)
  return place_of(place)
end

-- One SELECT of what lies behind `after`. Of two bounds on one side the database would use only one, so each side gets one:
-- where `after` is, the request's own bound is left out, being no narrower.
function reads.statement(request, after, limit)
  local source = request.index and INDEX_SOURCE or TABLE_SOURCE
  local sql, parameters = { source.select }, { (request.index or request.table).id }
  local function add(text, ...)
    sql[#sql + 1] = text
    for _, parameter in ipairs { ... } do
      parameters[#parameters + 1] = bound(parameter)
    end
  end
  local columns = { table.unpack(source.order) }
  if request.partition then
    add("AND " .. source.partition[1] .. " = ? AND " .. source.partition[2] .. " = ?", table.unpack(request.partition))
    after = after and { table.unpack(after, 3) }
  else
    table.move(source.order, 1, #source.order, 3, columns)
    table.move(source.partition, 1, 2, 1, columns)
  end
  for _, side in ipairs { "lower", "upper" } do
    if after and (side == "upper") == (request.backward or false) then
      add(("AND (%s) %s (%s)"):format(table.concat(columns, ", "), side == "lower" and ">" or "<",
        ("?, "):rep(#columns - 1) .. "?"), table.unpack(after))
    elseif request[side] then
      add(("AND %s %s ?"):format(columns[1], request[side].operator), request[side].value)
    end
  end
  local direction = request.backward and " DESC" or ""
  add("ORDER BY " .. table.concat(columns, direction .. ", ") .. direction .. " LIMIT ?", limit)
  return table.concat(sql, " "), parameters
end

local function next_step(read, bytes, most_bytes, remaining)
  local step = FIRST_STEP
  if read > 0 then
    step = (most_bytes - bytes) // math.max(1, bytes // read) + 1
  end
  return math.max(1, math.min(step, remaining, LONGEST_STEP))
end

-- Reads until the page has `limit` rows or 1 MB -> rows, bytes read, the last row where the page was cut.
local function read_page(db, request)
  local rows, bytes, after = {}, 0, request.after
  local limit, most_bytes = request.limit or math.huge, request.most_bytes or size.PAGE_LIMIT
  while true do
    local step = next_step(#rows, bytes, most_bytes, limit - #rows)
    step = math.tointeger(step) or LONGEST_STEP
    local sql, parameters = reads.statement(request, after, step)
    local batch = db:all(sql, table.unpack(parameters))
    for _, row in ipairs(batch) do
      rows[#rows + 1] = row
      bytes = bytes + row.read_size
      if #rows >= limit or bytes >= most_bytes then
        return rows, bytes, row
      end
    end
    if #batch < step then
      return rows, bytes, nil
    end
    after = place_of(batch[#batch])
  end
end

-- Capacity units of a page: from the index what was read there, from the table what had to be fetched.
local function units_of(request, rows, bytes)
  if not request.index then
    return { table = size.read_units(bytes, request.consistent) }
  end
  local fetched = 0
  if request.fetch then
    for _, row in ipairs(rows) do
      fetched = fetched + size.read_units(row.size, request.consistent)
    end
  end
  return { table = fetched, indexes = { [request.index.name] = size.read_units(bytes, request.consistent) } }
end

-- request = {table=, index=|nil, partition={slot, hash}|nil, lower=, upper={operator=, value=}|nil on the range (with a
--   partition) or the slot (without), after= place|nil, backward=, limit=|nil, most_bytes=|nil, filter= tree|nil, paths=|nil,
--   count_only=, fetch= whole items though the index has less, consistent=, capacity= ReturnConsumedCapacity}
-- -> {items=, count=, scanned=, bytes=, last_key= where the page was cut, units=}
function reads.collect(call, request)
  local rows, bytes, last = read_page(call.world.db, request)
  local found, count = json.array {}, 0
  if request.count_only and not request.filter then
    count = #rows
  else
    for _, row in ipairs(rows) do
      local item = codec.decode(row.item)
      if request.index and not request.fetch then
        item = items.project(request.index, item)
      end
      if evaluate.condition(request.filter, item) then
        count = count + 1
        found[count] = not request.count_only and (request.paths and projection.apply(request.paths, item) or item) or nil
      end
    end
  end
  return {
    items = found, count = count, scanned = #rows, bytes = bytes, units = units_of(request, rows, bytes),
    last_key = last and keys.extract(codec.decode(last.item), request.table, request.index) or nil,
  }
end

-- -> the members of a Query's or Scan's answer
function reads.page(call, request)
  local page = reads.collect(call, request)
  return {
    Items = not request.count_only and page.items or nil,
    Count = page.count,
    ScannedCount = page.scanned,
    LastEvaluatedKey = page.last_key,
    ConsumedCapacity = capacity.describe(request.capacity, request.table, page.units),
  }
end

return reads
