-- ListResourceRecordSets: the record sets of a zone in order, from a name, a type and an identifier on.

local fault = require "local_aws.fault"
local json = require "json"
local names = require "local_aws.route53.names"
local store = require "local_aws.route53.store"
local zones = require "local_aws.route53.zones"

local MOST = 300

local operations = {}

function operations.ListResourceRecordSets(call)
  local input = call.input
  local zone, size = zones.get(call, input.HostedZoneId), names.page_size(input, MOST)
  if input.StartRecordType and not input.StartRecordName then
    fault.raise("InvalidInput", "The input is not valid: a start type needs a start name")
  elseif input.StartRecordIdentifier and not input.StartRecordType then
    fault.raise("InvalidInput", "The input is not valid: a start identifier needs a start type")
  end
  local found = store.page(call.world.db, zone.id, {
    name = input.StartRecordName and names.normalise(input.StartRecordName), type = input.StartRecordType,
    identifier = input.StartRecordIdentifier,
  }, size + 1)
  local next_one = found[size + 1] or {}
  return {
    ResourceRecordSets = json.array { table.unpack(found, 1, math.min(size, #found)) }, IsTruncated = #found > size,
    MaxItems = tostring(size), NextRecordName = next_one.Name, NextRecordType = next_one.Type,
    NextRecordIdentifier = next_one.SetIdentifier,
  }
end

return { operations = operations }
