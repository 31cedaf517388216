-- Managed prefix lists: names for sets of CIDR blocks, in versions.

local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local ids = require "local_aws.ids"
local json = require "json"
local store = require "local_aws.ec2.store"
local tags = require "local_aws.ec2.tags"

-- Those that AWS keeps in every region.
local function of_aws(call)
  local lists = {}
  for index, service in ipairs { "dynamodb", "s3" } do
    local id = ids.derived("pl-", call.region .. "/" .. service):sub(1, 11)
    lists[index] = {
      PrefixListId = id, PrefixListName = ("com.amazonaws.%s.%s"):format(call.region, service), AddressFamily = "IPv4",
      OwnerId = "AWS", State = "create-complete",
      PrefixListArn = ("arn:aws:ec2:%s:aws:prefix-list/%s"):format(call.region, id),
    }
  end
  return lists
end

local function show(call, list)
  list.OwnerId = call.account
  list.PrefixListArn = ("arn:aws:ec2:%s:%s:prefix-list/%s"):format(call.region, call.account, list.PrefixListId)
  list.Version, list.versions = #list.versions, nil
  return list
end

local function check_size(list, entries)
  if #entries > list.MaxEntries then
    fault.raise("PrefixListMaxEntriesExceeded",
      ("You've reached the maximum number of entries for the prefix list %s."):format(list.PrefixListId or list.PrefixListName))
  end
end

local operations = {}

function operations.CreateManagedPrefixList(call)
  local input = call.input
  local id = ids.new "pl-"
  local list = {
    id = id, PrefixListId = id, PrefixListName = input.PrefixListName, MaxEntries = input.MaxEntries,
    AddressFamily = input.AddressFamily, State = "create-complete",
    versions = json.array { json.array(input.Entries or {}) },
  }
  check_size(list, list.versions[1])
  return { PrefixList = show(call, store.shown(call, store.insert(call, "prefix-list", list,
    tags.from_specifications(input.TagSpecifications, "prefix-list")))) }
end

-- The entries after a change: those removed are gone, those added have their new description.
local function changed(entries, input)
  local gone, list = {}, json.array {}
  for _, group in ipairs { input.RemoveEntries or {}, input.AddEntries or {} } do
    for _, entry in ipairs(group) do
      gone[entry.Cidr] = true
    end
  end
  for _, entry in ipairs(entries) do
    if not gone[entry.Cidr] then
      list[#list + 1] = entry
    end
  end
  for _, entry in ipairs(input.AddEntries or {}) do
    list[#list + 1] = { Cidr = entry.Cidr, Description = entry.Description }
  end
  return list
end

function operations.ModifyManagedPrefixList(call)
  local input = call.input
  local list = store.need(call, "prefix-list", input.PrefixListId)
  if input.CurrentVersion and input.CurrentVersion ~= #list.versions then
    fault.raise("PrefixListVersionMismatch", "The prefix list has the incorrect version number.")
  end
  list.PrefixListName, list.MaxEntries = input.PrefixListName or list.PrefixListName, input.MaxEntries or list.MaxEntries
  if input.AddEntries or input.RemoveEntries then
    local entries = changed(list.versions[#list.versions], input)
    check_size(list, entries)
    table.insert(list.versions, entries)
  end
  list.State = "modify-complete"
  store.save(call, list)
  return { PrefixList = show(call, store.shown(call, list)) }
end

function operations.DeleteManagedPrefixList(call)
  local list = store.need(call, "prefix-list", call.input.PrefixListId)
  store.remove(call, list)
  local shown = show(call, list)
  shown.State, shown.id, shown.number = "delete-complete", nil, nil
  return { PrefixList = shown }
end

function operations.GetManagedPrefixListEntries(call)
  local list = store.need(call, "prefix-list", call.input.PrefixListId)
  return { Entries = list.versions[call.input.TargetVersion or #list.versions] or fault.raise("InvalidPrefixListVersion",
    "The prefix list version does not exist.") }
end

local FIELDS = { ["prefix-list-id"] = "PrefixListId", ["prefix-list-name"] = "PrefixListName", ["owner-id"] = "OwnerId" }

-- AWS's lists stand on the first page.
function operations.DescribeManagedPrefixLists(call)
  local wanted, asked, matches = json.array {}, {}, filters.compile(call.input.Filters, filters.fields(FIELDS))
  for _, id in ipairs(call.input.PrefixListIds or {}) do
    asked[id] = true
  end
  local found = json.array {}
  for _, list in ipairs(of_aws(call)) do
    if (not next(asked) or asked[list.PrefixListId]) and matches(list) and not call.input.NextToken then
      found[#found + 1] = list
    end
    asked[list.PrefixListId] = asked[list.PrefixListId] and "seen"
  end
  for id, state in pairs(asked) do
    wanted[#wanted + 1] = state ~= "seen" and id or nil
  end
  if next(asked) and not wanted[1] then
    return { PrefixLists = found }
  end
  local lists, token = store.describe(call, "prefix-list", wanted, FIELDS, function(list)
    return show(call, list)
  end)
  table.move(lists, 1, #lists, #found + 1, found)
  return { PrefixLists = found, NextToken = token }
end

return { operations = operations }
