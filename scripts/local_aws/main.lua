-- The local AWS: DynamoDB, Step Functions, DRS, EC2 and STS behind one loopback port, all state in one SQLite database.
--
--   local local_aws = require "local_aws.main"
--   local here = local_aws.start { address="127.0.0.1", port=0, data=":memory:" | path, accounts= path,
--                                  estate= table | "sample" | path of a Lua or JSON file }
--   here.url, here.port, here.world, here.is_new (nobody has furnished the database yet), here.close()
--
-- `estate` is put into a new database only: one that already lived keeps what it has.
-- `settings` = {drs={pageSize=...}} changes what services do (also by control.lua while it runs).

local accounts = require "local_aws.accounts"
local estate = require "local_aws.estate"
local front = require "local_aws.front"
local server = require "server"
local sqlite = require "sqlite"
local world = require "local_aws.world"

local main = {}

-- A body holds at most one DynamoDB batch (16 MiB) with room for its JSON.
local BODY_LIMIT = 24 * 1024 * 1024

-- functions is a module of programs that can run the orchestrator; the local AWS alone does without.
local function optional(name)
  local found, module = pcall(require, name)
  return found and module or nil
end

function main.start(options)
  local data = options.data or ":memory:"
  local db = sqlite.open(data)
  local self = world.new {
    db = db, path = data ~= ":memory:" and data or nil, settings = options.settings, functions = optional "functions",
  }
  if options.accounts then
    db:transaction(accounts.add, db, accounts.read(options.accounts), "file")
  end
  if options.estate and self.clock.is_new then
    estate.seed(self, type(options.estate) == "string" and estate.read(options.estate) or options.estate)
  end
  self.clock.keep()
  local listener = server.listen {
    address = options.address or "127.0.0.1", port = options.port or 0, body_limit = BODY_LIMIT, name = "local AWS",
    handler = front.handler(self),
  }
  self.url = listener.url
  world.start(self)
  local closed = false
  return {
    url = listener.url, port = listener.port, world = self, is_new = self.clock.is_new,
    close = function()
      if not closed then
        closed = true
        listener.close()
        world.stop(self)
        db:close()
      end
    end,
  }
end

return main
