-- EBS snapshots of instances' volumes. How far one is follows from when it began.

local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local instances = require "local_aws.ec2.instances"
local json = require "json"
local listing = require "local_aws.ec2.listing"
local tags = require "local_aws.ec2.tags"
local time = require "time"

local snapshots = {}

snapshots.schema = [[
CREATE TABLE IF NOT EXISTS ec2_snapshots (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, volume TEXT NOT NULL,
  started_us INTEGER NOT NULL, gib INTEGER NOT NULL, description TEXT NOT NULL, UNIQUE (account, region, id)
);
CREATE INDEX IF NOT EXISTS ec2_snapshots_page ON ec2_snapshots (account, region, number);
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

-- The rows of these ids; raises as EC2 does when one is not there.
local function by_ids(call, ids)
  local rows, known = {}, {}
  for _, id in ipairs(ids) do
    if not known[id] then
      known[id] = true
      rows[#rows + 1] = call.world.db:first("SELECT * FROM ec2_snapshots WHERE account = ? AND region = ? AND id = ?",
        call.account, call.region, id)
        or fault.raise("InvalidSnapshot.NotFound", ("The snapshot '%s' does not exist."):format(id))
    end
  end
  return rows
end

function operations.DescribeSnapshots(call)
  local input, now = call.input, time.now_us()
  local matches = filters.compile(input.Filters, field)
  local function show(rows)
    local ids, shown = {}, {}
    for index, row in ipairs(rows) do
      ids[index] = row.id
    end
    local tag_lists = tags.of(call.world.db, call.account, call.region, ids)
    for index, row in ipairs(rows) do
      local described = describe(row, tag_lists[row.id], now)
      shown[index] = matches(described) and described or false
    end
    return shown
  end
  if not (input.SnapshotIds and input.SnapshotIds[1]) then
    local items, token = listing.of_table(call, "ec2_snapshots", input.MaxResults or 1000, show)
    return { Snapshots = items, NextToken = token }
  end
  local found = {}
  for _, item in ipairs(show(by_ids(call, input.SnapshotIds))) do
    found[#found + 1] = item or nil
  end
  local items, token = filters.page(input, 1000)(found)
  return { Snapshots = items, NextToken = token }
end

snapshots.operations = operations

return snapshots
