-- Runs each piece of work with drsh and with its peers in turn, several rounds, and prints the middle one of each with its
-- ratio to drsh's. A ratio of 3 says: the peer needs three times as long.

local time = require "time"

local PROGRAM, ROUNDS = arg[1], math.tointeger(tonumber(arg[2]))
local LUA, PYTHON = PROGRAM .. " run tests/bench/work.lua ", "/usr/bin/python3 tests/bench/work.py "
local CLI = "aws --endpoint-url \"$AWS_ENDPOINT_URL\" drs describe-source-servers --max-results 200 --no-paginate > /dev/null"

-- Seconds of the whole process: what a person at a prompt waits for.
local function whole(command)
  return function()
    local began = time.monotonic()
    assert(os.execute(command .. (command:find ">" and "" or " > /dev/null")), command)
    return time.monotonic() - began
  end
end

-- Seconds for one of `count`, as the process itself measured them.
local function each(command, count)
  return function()
    local pipe = assert(io.popen(command .. " " .. count))
    local text = pipe:read "a"
    assert(pipe:close(), command)
    return tonumber(text:match "[%d.]+%s*$") / count
  end
end

local ROWS = {
  { "start, one DescribeSourceServers, end",
    { "drsh run", whole(LUA .. "call 1") }, { "boto3", whole(PYTHON .. "call 1") }, { "aws CLI", whole(CLI) } },
  { "start and end", { "drsh run", whole(LUA .. "nothing 1") }, { "boto3 imported", whole(PYTHON .. "nothing 1") } },
  { "one more DescribeSourceServers", { "drsh", each(LUA .. "calls", 100) }, { "boto3", each(PYTHON .. "calls", 100) } },
  { "one SigV4 signature", { "drsh", each(LUA .. "sign", 5000) }, { "botocore", each(PYTHON .. "sign", 5000) } },
  { "a page of 100 servers from JSON", { "json", each(LUA .. "decode", 300) }, { "lua-cjson", each(LUA .. "plain_decode", 300) } },
  { "a page of 100 servers to JSON", { "json", each(LUA .. "encode", 300) }, { "lua-cjson", each(LUA .. "plain_encode", 300) } },
}

local function middle(values)
  table.sort(values)
  return values[(#values + 1) // 2]
end

print(("%-40s %-16s %12s  %s"):format("work", "by", "milliseconds", "times drsh"))
for _, row in ipairs(ROWS) do
  local measured = {}
  for _ = 1, ROUNDS do
    for index = 2, #row do -- in turn, so that a busy moment of the machine meets all of them
      measured[index] = measured[index] or {}
      table.insert(measured[index], row[index][2]())
    end
  end
  local ours = middle(measured[2])
  for index = 2, #row do
    local theirs = middle(measured[index])
    print(("%-40s %-16s %12.3f  %s"):format(index == 2 and row[1] or "", row[index][1], theirs * 1000,
      index == 2 and "1" or ("%.2f"):format(theirs / ours)))
  end
end
