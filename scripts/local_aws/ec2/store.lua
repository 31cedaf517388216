-- Where EC2 keeps its things but instances and launch templates: one row each, by kind (ec2/kinds.lua), its definition in the
-- members that the API shows. What follows from other things or from the time is added where it is described.
--
-- A resource is its definition, with members besides that are not shown: `id`, `number` (the order of making) and `parent`, the
-- instance that it is attached to.

local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local ids = require "local_aws.ids"
local json = require "json"
local kinds = require "local_aws.ec2.kinds"
local listing = require "local_aws.ec2.listing"
local tags = require "local_aws.ec2.tags"

local store = {}

store.schema = [[
CREATE TABLE IF NOT EXISTS ec2_resources (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, parent TEXT,
  definition TEXT NOT NULL, UNIQUE (account, region, id)
);
CREATE INDEX IF NOT EXISTS ec2_resources_page ON ec2_resources (account, region, kind, number);
CREATE INDEX IF NOT EXISTS ec2_resources_parent ON ec2_resources (account, region, kind, parent) WHERE parent IS NOT NULL;
]]

-- Raises that there is no such thing, as EC2 tells a malformed id from one that is not there.
function store.missing(kind_name, id)
  local kind = kinds.by_name[kind_name]
  if kind.malformed and not id:find("^" .. kind.prefix .. "%-%x+$") then
    fault.raise(kind.malformed, ('Invalid id: "%s" (expecting "%s-...")'):format(id, kind.prefix))
  end
  fault.raise(kind.code .. ".NotFound", kind.says:format(id))
end

-- A thing without what is not shown.
local function plain(resource)
  local copy = {}
  for name, value in pairs(resource) do
    copy[name] = value
  end
  copy.id, copy.number, copy.parent, copy.Tags = nil, nil, nil, nil
  return json.object(copy)
end

-- Keeps a new thing with its tags {key -> value}; answers it. It may bring its id.
function store.insert(call, kind, resource, tag_map)
  local db = call.world.db
  resource.id = resource.id or ids.new(kinds.by_name[kind].prefix .. "-")
  db:run([[INSERT INTO ec2_resources (account, region, kind, id, parent, definition) VALUES (?, ?, ?, ?, ?, ?)]], call.account,
    call.region, kind, resource.id, resource.parent, json.encode(plain(resource)))
  resource.number = db:last_insert_id()
  tags.put(db, call.account, call.region, resource.id, tag_map or {})
  return resource
end

-- Keeps what was changed in it.
function store.save(call, resource)
  call.world.db:run("UPDATE ec2_resources SET definition = ?, parent = ? WHERE number = ?", json.encode(plain(resource)),
    resource.parent, resource.number)
end

function store.remove(call, resource)
  call.world.db:run("DELETE FROM ec2_resources WHERE number = ?", resource.number)
  tags.remove_all(call.world.db, call.account, call.region, resource.id)
end

local function read(row)
  local resource = json.decode(row.definition)
  resource.id, resource.number, resource.parent = row.id, row.number, row.parent
  return resource
end

-- The thing with this id, nil when there is none.
function store.find(call, kind, id)
  local row = call.world.db:first("SELECT * FROM ec2_resources WHERE account = ? AND region = ? AND id = ? AND kind = ?",
    call.account, call.region, id, kind)
  return row and read(row)
end

-- The same, but raises when there is none.
function store.need(call, kind, id)
  return store.find(call, kind, id) or store.missing(kind, id)
end

local function select(call, where, limit, ...)
  local list = {}
  for row in call.world.db:rows("SELECT * FROM ec2_resources WHERE account = ? AND region = ? AND " .. where
    .. " ORDER BY number LIMIT " .. limit, call.account, call.region, ...) do
    list[#list + 1] = read(row)
  end
  return list
end

-- All of a kind: for kinds of which an account has few.
function store.all(call, kind)
  return select(call, "kind = ?", -1, kind)
end

-- The things of a kind with this parent.
function store.children(call, kind, parent)
  return select(call, "kind = ? AND parent = ?", -1, kind, parent)
end

-- The things of a kind whose member has this value: for members that are looked at when something is made or removed.
function store.where(call, kind, member, value)
  return select(call, "kind = ? AND json_extract(definition, ?) = ?", -1, kind, "$." .. member, value)
end

-- The tags of one thing as the API shows them.
function store.tags(call, id)
  return tags.of(call.world.db, call.account, call.region, { id })[id]
end

local function describe_ids(call, kind, wanted, show)
  local list, seen = json.array {}, {}
  for _, id in ipairs(wanted) do
    local resource = store.need(call, kind, id)
    local shown, fits = show(resource, store.tags(call, id))
    if not shown and fits == nil then
      store.missing(kind, id)
    elseif shown and not seen[id] then
      list[#list + 1] = shown
    end
    seen[id] = true
  end
  return list
end

-- What is shown of each, false for one that is not.
local function show_all(call, resources, show)
  local names, found = {}, {}
  for index, resource in ipairs(resources) do
    names[index] = resource.id
  end
  local tag_lists = tags.of(call.world.db, call.account, call.region, names)
  for index, resource in ipairs(resources) do
    found[index] = show(resource, tag_lists[resource.id]) or false
  end
  return found
end

-- Answers a describe call: the list and the token of the next page. wanted: the ids that were asked for; fields: filter ->
-- path of the member (filters.fields); show(resource) -> what is shown, nil for what is not there any more.
function store.describe(call, kind, wanted, fields, show)
  local matches = filters.compile(call.input.Filters, filters.fields(fields))
  local function shown(resource, tag_list)
    local described = show(resource)
    if not described then
      return nil
    end
    described = plain(described)
    described.Tags = tag_list[1] and tag_list
    local fits = matches(described)
    return fits and described or nil, fits
  end
  if wanted and wanted[1] then
    return describe_ids(call, kind, wanted, shown)
  end
  return listing.page {
    limit = call.input.MaxResults or 1000, token = call.input.NextToken, start = 0,
    read = function(after, count)
      return select(call, "kind = ? AND number > ?", count, kind, math.tointeger(after))
    end,
    show = function(resources)
      return show_all(call, resources, shown)
    end,
    place = function(resource)
      return resource.number
    end,
  }
end

-- A thing as it is shown by itself, after it was made. Where there are no tags, EC2 has no member Tags.
function store.shown(call, resource)
  local described = plain(resource)
  local tag_list = store.tags(call, resource.id)
  described.Tags = tag_list[1] and tag_list
  return described
end

return store
