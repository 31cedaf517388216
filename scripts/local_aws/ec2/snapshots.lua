-- EBS snapshots of instances' volumes. How far one is follows from when it began.

local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local instances = require "local_aws.ec2.instances"
local json = require "json"
local tags = require "local_aws.ec2.tags"
local time = require "time"

local snapshots = {}

snapshots.schema = [[
CREATE TABLE IF NOT EXISTS ec2_snapshots (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, volume TEXT NOT NULL,
  started_us INTEGER NOT NULL, gib INTEGER NOT NULL, description TEXT NOT NULL, UNIQUE (account, region, id)
);
]]

local SECONDS = 90          -- from pending to completed
local GIB = 1 << 30

local function describe(row, tag_list, now)
  local share = math.min((now - row.started_us) / (SECONDS * 1000000), 1)
  return {
    SnapshotId = row.id, VolumeId = row.volume, OwnerId = row.account, State = share < 1 and "pending" or "completed",
    Progress = ("%d%%"):format(math.floor(100 * share)), StartTime = row.started_us // 1000000, VolumeSize = row.gib,
    Encrypted = false, Description = row.description, Tags = tag_list,
  }
end

local operations = {}

-- All volumes of one instance at one moment.
function operations.CreateSnapshots(call)
  local input, db, now = call.input, call.world.db, time.now_us()
  if input.DryRun then
    fault.raise("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
  end
  local wanted = input.InstanceSpecification or {}
  if not wanted.InstanceId then
    fault.raise("MissingParameter", "The request must contain the parameter InstanceSpecification.InstanceId")
  end
  local instance = instances.by_ids(call, { wanted.InstanceId }, now)[1]
  if instance.state == "terminated" then
    fault.raise("IncorrectInstanceState", ("The instance '%s' has no volumes any more."):format(instance.id))
  end
  local map, list = tags.from_specifications(input.TagSpecifications, "snapshot"), json.array {}
  for index, volume in ipairs(instance.definition.volumes or {}) do
    if index > 1 or not wanted.ExcludeBootVolume then
      local row = {
        id = instances.hex_id "snap-", volume = volume.volumeId, account = call.account, started_us = now,
        gib = math.max((volume.bytes or GIB) // GIB, 1), description = input.Description or "",
      }
      db:run([[INSERT INTO ec2_snapshots (account, region, id, volume, started_us, gib, description)
        VALUES (?, ?, ?, ?, ?, ?, ?)]], call.account, call.region, row.id, row.volume, now, row.gib, row.description)
      tags.put(db, call.account, call.region, row.id, map)
      list[#list + 1] = describe(row, tags.of(db, call.account, call.region, { row.id })[row.id], now)
    end
  end
  return { Snapshots = list }
end

local FIELDS = {
  ["snapshot-id"] = "SnapshotId", ["volume-id"] = "VolumeId", status = "State", description = "Description",
  ["owner-id"] = "OwnerId", progress = "Progress",
}

local function field(name)
  local member = FIELDS[name]
  return member and function(item) return { item[member] } end or filters.tag_field(name)
end

function operations.DescribeSnapshots(call)
  local input, db, now, found, known = call.input, call.world.db, time.now_us(), {}, {}
  local matches, page = filters.compile(input.Filters, field), filters.page(input, 1000)
  local wanted = input.SnapshotIds and input.SnapshotIds[1] and {} or nil
  for _, id in ipairs(input.SnapshotIds or {}) do wanted[id] = true end
  for _, row in ipairs(db:all("SELECT * FROM ec2_snapshots WHERE account = ? AND region = ? ORDER BY number", call.account,
    call.region)) do
    known[row.id] = true
    if not wanted or wanted[row.id] then
      local described = describe(row, tags.of(db, call.account, call.region, { row.id })[row.id], now)
      if matches(described) then found[#found + 1] = described end
    end
  end
  for _, id in ipairs(input.SnapshotIds or {}) do
    if not known[id] then fault.raise("InvalidSnapshot.NotFound", ("The snapshot '%s' does not exist."):format(id)) end
  end
  local items, token = page(found)
  return { Snapshots = items, NextToken = token }
end

snapshots.operations = operations

return snapshots
