-- Lists of hosted zones: by id, by name, by network; how many there are.

local fault = require "local_aws.fault"
local json = require "json"
local names = require "local_aws.route53.names"
local zones = require "local_aws.route53.zones"

local MOST = 100

local function described(call, rows, size)
  local list = json.array {}
  for index = 1, math.min(#rows, size) do
    list[index] = zones.describe(call, rows[index])
  end
  return list
end

local operations = {}

function operations.ListHostedZones(call)
  local input = call.input
  local size, marker = names.page_size(input, MOST), input.Marker
  local kind = input.HostedZoneType == "PrivateHostedZone" and 1 or nil
  local rows = call.world.db:all([[SELECT * FROM route53_zones WHERE account = ? AND id >= ? AND (? IS NULL OR private = ?)
    ORDER BY id LIMIT ?]], call.account, names.bare_id(marker or ""), kind, kind, size + 1)
  return {
    HostedZones = described(call, rows, size), Marker = marker, IsTruncated = #rows > size, MaxItems = tostring(size),
    NextMarker = #rows > size and rows[size + 1].id or nil,
  }
end

function operations.ListHostedZonesByName(call)
  local input = call.input
  local size = names.page_size(input, MOST)
  if input.HostedZoneId and not input.DNSName then
    fault.raise("InvalidInput", "A hosted zone ID was given without a DNS name")
  end
  local start = input.DNSName and names.sort_key(names.normalise(input.DNSName)) or ""
  local rows = call.world.db:all([[SELECT * FROM route53_zones WHERE account = ? AND (sort_key, id) >= (?, ?)
    ORDER BY sort_key, id LIMIT ?]], call.account, start, names.bare_id(input.HostedZoneId or ""), size + 1)
  local next_one = rows[size + 1] or {}
  return {
    HostedZones = described(call, rows, size), IsTruncated = #rows > size, MaxItems = tostring(size), DNSName = input.DNSName,
    HostedZoneId = input.HostedZoneId, NextDNSName = next_one.name, NextHostedZoneId = next_one.id,
  }
end

function operations.GetHostedZoneCount(call)
  return { HostedZoneCount = call.world.db:first("SELECT count(*) AS n FROM route53_zones WHERE account = ?", call.account).n }
end

return { operations = operations }
