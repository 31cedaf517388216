-- SELECT: partitions one after the other, or the whole table, by the same pages as Query and Scan.

local bind          = require "local_aws.dynamodb.partiql.bind"
local capacity      = require "local_aws.dynamodb.capacity"
local codec         = require "local_aws.dynamodb.codec"
local crypto        = require "crypto"
local evaluate      = require "local_aws.dynamodb.evaluate"
local fault         = require "local_aws.fault"
local fingerprint   = require "local_aws.dynamodb.fingerprint"
local json          = require "json"
local keys          = require "local_aws.dynamodb.keys"
local lexer         = require "local_aws.dynamodb.partiql.lexer"
local reads         = require "local_aws.dynamodb.reads"
local selection     = require "local_aws.dynamodb.selection"
local serving_table = require "local_aws.dynamodb.serving_table"
local size          = require "local_aws.dynamodb.size"
local tables        = require "local_aws.dynamodb.tables"
local where         = require "local_aws.dynamodb.partiql.where"

local selects = {}

local DIGEST_LENGTH = 32

local function refuse(message, ...)
  fault.raise("ValidationException", message:format(...))
end

-- The name under which the value at a path is answered: its last name, with the list places behind it.
local function label_of(path)
  local label = ""
  for _, step in ipairs(path) do
    label = type(step) == "number" and label .. "[" .. step .. "]" or step
  end
  return label
end

local function columns_of(tree, context)
  if not tree.columns then
    return nil
  end
  local columns, paths, seen = {}, {}, {}
  for place, node in ipairs(tree.columns) do
    if node.kind ~= "path" then
      refuse("Unexpected path component at %s", lexer.position(context.text, node.at))
    end
    local label = label_of(node.path)
    if seen[label] then
      refuse("Duplicate identifiers in select clause: %s", label)
    end
    seen[label] = true
    columns[place], paths[place] = { label = label, path = node.path }, node.path
  end
  bind.judge_paths(paths)
  return columns
end

-- What a SELECT answers of an item.
function selects.project(columns, item)
  if not columns then
    return item
  end
  local out = json.object {}
  for _, column in ipairs(columns) do
    out[column.label] = evaluate.path(item, column.path)
  end
  return out
end

local function check_order(tree, request, schema)
  if not tree.order[1] then
    return
  elseif not tree.where then
    refuse "Must have WHERE clause in the statement when using ORDER BY clause."
  elseif not where.restricts_hash(request.filter, request.table, schema) then
    refuse "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
  end
  for _, entry in ipairs(tree.order) do
    if entry.name ~= schema.hash and entry.name ~= schema.range then
      refuse("Variable reference %s in ORDER BY clause must be part of the primary key", entry.name)
    end
  end
end

local function is_descending(tree, name)
  for _, entry in ipairs(tree.order) do
    if entry.name == name then
      return entry.descending
    end
  end
  return false
end

local function reversed(list)
  local out = {}
  for place = #list, 1, -1 do
    out[#out + 1] = list[place]
  end
  return out
end

local function attach(call, request, tree)
  local table_ = serving_table(call, tree.table)
  local index = tree.index and (tables.index(table_, tree.index) or refuse "The table does not have the specified index")
  if index and index.kind == "GLOBAL" and request.consistent then
    refuse "Strongly consistent read is not supported on Global Secondary Indexes"
  end
  request.table, request.index = table_, index
  return table_, index or table_
end

-- What is judged without the table: the condition, and the columns as {label=, path=}, nil for *.
function selects.bind(tree, context)
  return { columns = columns_of(tree, context), filter = bind.condition(tree.where, context) }
end

-- A bound SELECT ready to be read: a request for reads.collect, and the partitions it goes through (nil for a scan).
function selects.plan(call, tree, bound, consistent)
  local request = { filter = bound.filter, columns = bound.columns, consistent = consistent }
  local table_, schema = attach(call, request, tree)
  check_order(tree, request, schema)
  request.paths = {}
  for place, column in ipairs(request.columns or {}) do
    request.paths[place] = column.path
  end
  selection.check_paths(request, where.filter_paths(request.filter, table_, schema))
  request.paths = nil -- columns are taken out of the whole item, for their names
  local partitions = where.partitions(request.filter, table_, schema)
  if partitions then
    request.lower, request.upper = where.bounds(request.filter, table_, schema)
    request.backward = is_descending(tree, schema.range)
    request.partitions = is_descending(tree, schema.hash) and reversed(partitions) or partitions
  end
  return request
end

-- A token tells the partition and the key behind which to go on; a checksum over it and the statement tells that they belong
-- together.
local function checksum(call, state)
  return crypto.sha256(fingerprint.of { call.input.Statement, call.input.Parameters or {}, state })
end

local function write_token(call, partition, key)
  local state = string.pack(">I4", partition) .. codec.encode(key)
  return crypto.base64_encode(checksum(call, state) .. state)
end

-- -> the number of the partition to go on in, and the place there
local function read_token(call, request)
  local token = call.input.NextToken
  if not token then
    return 1, nil
  end
  local bytes = crypto.base64_decode(token) or ""
  local state = bytes:sub(DIGEST_LENGTH + 1)
  if bytes:sub(1, DIGEST_LENGTH) ~= checksum(call, state) then
    refuse "Invalid NextToken"
  end
  local partition, behind = string.unpack(">I4", state)
  return partition, reads.place_of(request.table, request.index, codec.decode(state:sub(behind)))
end

-- The partition of a hash key, for reads.
local function partition_of(schema, hash)
  return { keys.partition(schema, { [schema.hash] = hash }) }
end

-- Reads a page of a plan -> items, the next token, units
function selects.page(call, request)
  local items, units, remaining, bytes = json.array {}, {}, call.input.Limit, 0
  local schema, first, after = request.index or request.table, read_token(call, request)
  for number = first, request.partitions and #request.partitions or 1 do
    request.partition = request.partitions and partition_of(schema, request.partitions[number])
    request.after, request.limit, request.most_bytes = after, remaining, size.PAGE_LIMIT - bytes
    local page = reads.collect(call, request)
    for _, item in ipairs(page.items) do
      items[#items + 1] = selects.project(request.columns, item)
    end
    capacity.add(units, page.units)
    if page.last_key then
      return items, write_token(call, number, page.last_key), units
    end
    after, bytes, remaining = nil, bytes + page.bytes, remaining and remaining - page.scanned
  end
  return items, nil, units
end

return selects
