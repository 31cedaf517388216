-- The A records of a Route 53 zone, and what is kept beside them while they point elsewhere.
local aws = require "aws"
local json = require "json"

local zone = { route53 = aws.client "route53" }

-- The hosted zone of a name; nil when there is none.
function zone.find(name)
  local found = zone.route53:list_hosted_zones_by_name { DNSName = name, MaxItems = "1" }.HostedZones[1]
  return found and found.Name == name:gsub("%.?$", ".") and found or nil
end

local function text_of(record)
  local list = {}
  for index, item in ipairs(record.ResourceRecords) do list[index] = item.Value end
  return table.concat(list, " ")
end

-- -> list of {name=, values= "10.0.0.1 10.0.0.2", record=, kept= the TXT record with its former values, before= these}.
-- Aliases and records with a routing policy are left alone: they have a switch of their own.
function zone.records(id)
  local list, kept = {}, {}
  for record in zone.route53:items("list_resource_record_sets", { HostedZoneId = id }) do
    local name = record.Type == "TXT" and record.Name:match "^_before%.(.+)$"
    if name then kept[name] = record end
    if record.Type == "A" and record.ResourceRecords and not record.SetIdentifier then
      list[#list + 1] = { name = record.Name, values = text_of(record), record = record }
    end
  end
  for _, item in ipairs(list) do
    item.kept = kept[item.name]
    item.before = item.kept and text_of(item.kept):gsub('"', "")
  end
  return list
end

local function change(action, name, kind, ttl, values)
  return { Action = action, ResourceRecordSet = { Name = name, Type = kind, TTL = ttl, ResourceRecords = json.array(values) } }
end

-- Adds to `changes` what gives the record these values and keeps the former ones; `back` forgets the kept ones instead.
function zone.change(changes, item, values, back)
  local list = {}
  for value in values:gmatch "%S+" do list[#list + 1] = { Value = value } end
  changes[#changes + 1] = change("UPSERT", item.name, "A", item.record.TTL, list)
  if back then
    changes[#changes + 1] = { Action = "DELETE", ResourceRecordSet = item.kept }
  elseif not item.kept then
    changes[#changes + 1] = change("CREATE", "_before." .. item.name, "TXT", 60, { { Value = '"' .. item.values .. '"' } })
  end
end

return zone
