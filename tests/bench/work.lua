-- drsh run tests/bench/work.lua NAME COUNT: does the work COUNT times in this process and prints the seconds that it took.
-- tests/bench/work.py does the same work with the peers.

local aws   = require "aws"
local json  = require "json"
local sigv4 = require "sigv4"
local time  = require "time"

local work = {}

-- An answer like those of DRS: a page of a hundred source servers.
local function page()
  local items = json.array {}
  for number = 1, 100 do
    items[number] = {
      sourceServerID = ("s-%017d"):format(number), arn = "arn:aws:drs:us-east-1:123456789012:source-server/s-" .. number,
      tags = { Name = "server-" .. number, Tier = "application" }, replicationDirection = "FAILOVER",
      dataReplicationInfo = { dataReplicationState = "CONTINUOUS", lagDuration = "PT0S",
        replicatedDisks = { { deviceName = "/dev/sda1", totalStorageBytes = 107374182400, replicatedStorageBytes = 107374182400 } } },
      sourceProperties = { cpus = { { cores = 4, modelName = "x" } }, ramBytes = 17179869184, lastUpdatedDateTime = "2026-11-23T06:00:00Z" },
    }
  end
  return { items = items, nextToken = "x" }
end

local function describe()
  local drs = aws.client "drs"
  return function() drs:describe_source_servers { maxResults = 200 } end
end

work.call, work.calls = describe, describe

function work.sign()
  local request = {
    method = "POST", url = "https://drs.us-east-1.amazonaws.com/DescribeJobs", headers = { ["content-type"] = "application/json" },
    body = ("x"):rep(500), service = "drs", region = "us-east-1",
    credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
  }
  return function() sigv4.sign(request) end
end

function work.decode()
  local text = json.encode(page())
  return function() json.decode(text) end
end

function work.encode()
  local value = page()
  return function() json.encode(value) end
end

function work.plain_decode()
  local text, cjson = json.encode(page()), require "cjson"
  return function() cjson.decode(text) end
end

function work.plain_encode()
  local cjson = require "cjson"
  local value = cjson.decode(json.encode(page()))
  return function() cjson.encode(value) end
end

function work.nothing()
  return function() end
end

local make, count = work[arg[1]](), math.tointeger(tonumber(arg[2]))
local began = time.monotonic()
for _ = 1, count do
  make()
end
print(("%.9f"):format(time.monotonic() - began))
