-- Archives: events of a bus, kept to be played again (events/replays.lua).

local buses = require "local_aws.events.buses"
local fault = require "local_aws.fault"
local json = require "json"
local paging = require "local_aws.events.paging"
local pattern = require "local_aws.events.pattern"
local rules = require "local_aws.events.rules"
local time = require "time"

local archives = {}

archives.schema = [[
CREATE TABLE IF NOT EXISTS events_archives (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, bus TEXT NOT NULL, pattern TEXT, made_us INTEGER NOT NULL,
  days INTEGER NOT NULL, description TEXT, PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events_archived (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, archive TEXT NOT NULL, at_us INTEGER NOT NULL,
  event TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_archived_of_archive ON events_archived (account, region, archive, at_us);
]]

local DAY_US = 86400 * 1000000

function archives.arn(row)
  return ("arn:aws:events:%s:%s:archive/%s"):format(row.region, row.account, row.name)
end

-- Keeps an event of a bus in those of its archives whose pattern it fits.
function archives.keep(db, account, region, bus, event)
  for _, row in ipairs(db:all("SELECT * FROM events_archives WHERE account = ? AND region = ? AND bus = ?", account, region,
    bus)) do
    if not row.pattern or pattern.matches(json.decode(row.pattern), event) then
      db:run("INSERT INTO events_archived (account, region, archive, at_us, event) VALUES (?, ?, ?, ?, ?)", account, region,
        row.name, time.now_us(), json.encode(event))
    end
  end
end

-- The archive of this name, nil when there is none.
function archives.find(call, name)
  return call.world.db:first("SELECT * FROM events_archives WHERE account = ? AND region = ? AND name = ?", call.account,
    call.region, name)
end

local function get(call)
  local name = call.input.ArchiveName
  return archives.find(call, name)
    or fault.raise("ResourceNotFoundException", ("Archive %s does not exist."):format(name))
end

-- What has come to its end is dropped before anybody counts.
local function counts(call, row)
  if row.days > 0 then
    call.world.db:run("DELETE FROM events_archived WHERE account = ? AND region = ? AND archive = ? AND at_us < ?", row.account,
      row.region, row.name, time.now_us() - row.days * DAY_US)
  end
  return call.world.db:first([[SELECT count(*) AS events, total(length(event)) AS bytes FROM events_archived WHERE account = ?
    AND region = ? AND archive = ?]], row.account, row.region, row.name)
end

local function described(call, row)
  local sum = counts(call, row)
  return {
    ArchiveName = row.name, EventSourceArn = buses.arn(call, row.bus), State = "ENABLED", RetentionDays = row.days,
    CreationTime = row.made_us // 1000 / 1000, EventCount = sum.events, SizeBytes = math.tointeger(sum.bytes),
  }
end

local function check_pattern(text)
  if text and text ~= "" then
    pattern.parse(text)
    return text
  end
end

-- AWS does the keeping with a rule of its own, which can be seen.
local function put_rule(call, row)
  local rule_pattern = row.pattern and json.decode(row.pattern) or {}
  rule_pattern["replay-name"] = json.array { { exists = false } }
  rules.put_managed(call, "Events-Archive-" .. row.name, row.bus, json.encode(rule_pattern), {
    Id = "Events-Archive-" .. row.name, Arn = ("arn:aws:events:%s:::"):format(call.region), InputTransformer = {
      InputPathsMap = json.object {},
      InputTemplate = ('{"archive-arn": "%s", "event": <aws.events.event.json>, "ingestion-time": '
        .. "<aws.events.event.ingestion-time>}"):format(archives.arn(row)),
    },
  })
end

local function answer(row)
  return { ArchiveArn = archives.arn(row), State = "ENABLED", CreationTime = row.made_us // 1000 / 1000 }
end

local operations = {}

function operations.CreateArchive(call)
  local input, db = call.input, call.world.db
  if archives.find(call, input.ArchiveName) then
    fault.raise("ResourceAlreadyExistsException", ("Archive %s already exists."):format(input.ArchiveName))
  end
  local row = {
    account = call.account, region = call.region, name = input.ArchiveName, bus = buses.name(call, input.EventSourceArn),
    pattern = check_pattern(input.EventPattern), made_us = time.now_us(), days = input.RetentionDays or 0,
  }
  db:run([[INSERT INTO events_archives (account, region, name, bus, pattern, made_us, days, description)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)]], row.account, row.region, row.name, row.bus, row.pattern, row.made_us, row.days,
    input.Description)
  put_rule(call, row)
  return answer(row)
end

function operations.UpdateArchive(call)
  local input = call.input
  local row = get(call)
  row.pattern = check_pattern(input.EventPattern) or row.pattern
  put_rule(call, row)
  call.world.db:run([[UPDATE events_archives SET pattern = ?, days = ?, description = ? WHERE account = ? AND region = ?
    AND name = ?]], row.pattern, input.RetentionDays or row.days,
    input.Description or row.description, call.account, call.region, row.name)
  return answer(row)
end

function operations.DescribeArchive(call)
  local row = get(call)
  local shown = described(call, row)
  shown.ArchiveArn, shown.Description, shown.EventPattern = archives.arn(row), row.description, row.pattern
  return shown
end

function operations.DeleteArchive(call)
  local row = get(call)
  rules.remove_managed(call, "Events-Archive-" .. row.name, row.bus)
  for _, name in ipairs { "events_archives WHERE name", "events_archived WHERE archive" } do
    call.world.db:run(("DELETE FROM %s = ? AND account = ? AND region = ?"):format(name), row.name, call.account, call.region)
  end
end

function operations.ListArchives(call)
  local input, list = call.input, {}
  if (input.NamePrefix and 1 or 0) + (input.State and 1 or 0) + (input.EventSourceArn and 1 or 0) > 1 then
    fault.raise("ValidationException", "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or "
      .. "NamePrefix.")
  end
  for _, row in ipairs(call.world.db:all("SELECT * FROM events_archives WHERE account = ? AND region = ? ORDER BY name",
    call.account, call.region)) do
    local shown = described(call, row)
    if (not input.NamePrefix or row.name:sub(1, #input.NamePrefix) == input.NamePrefix)
      and (not input.State or input.State == shown.State)
      and (not input.EventSourceArn or input.EventSourceArn == shown.EventSourceArn) then
      list[#list + 1] = shown
    end
  end
  local items, token = paging.cut(list, input)
  return { Archives = items, NextToken = token }
end

archives.operations = operations

return archives
