-- A server that answers as a test says and remembers what it was asked, and a way to follow a call through its waits without
-- waiting: the world's clock is frozen and stepped.

local aws    = require "aws"
local clock  = require "clock"
local json   = require "json"
local server = require "server"
local task   = require "task"

local aws_server = {}

aws_server.KEYS = { access_key_id = "AKIDEXAMPLE", secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" }

-- answers: a list of {status, headers, body} or functions of the request that return these three; the last one is repeated.
-- A table as body is sent as JSON. -> listener, list of the requests seen
function aws_server.start(answers)
  local requests = {}
  local listener = server.listen {
    handler = function(request)
      requests[#requests + 1] = request
      local answer = answers[math.min(#requests, #answers)]
      if type(answer) == "function" then
        return answer(request)
      end
      local body = answer[3]
      return answer[1], answer[2] or {}, type(body) == "table" and json.encode(body) or body or ""
    end,
  }
  return listener, requests
end

function aws_server.client(service, listener, options)
  local all = { region = "eu-west-1", endpoint = listener.url, credentials = aws_server.KEYS }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  return aws.client(service, all)
end

-- Runs fn in a task while the world's clock is stepped, at most `limit` seconds (3,600). -> as pcall, then the seconds passed.
function aws_server.follow(fn, limit)
  clock.freeze(1795413600)
  local time = require "time"
  local outcome
  local child = task.spawn(function()
    outcome = table.pack(pcall(fn))
  end)
  local began = time.now_us()
  for _ = 1, (limit or 3600) * 20 do
    if child:done() then
      break
    end
    clock.step(0.05)
  end
  local finished = time.now_us()
  child:join()
  clock.speed(1)
  clock.set(time.wall())
  return outcome[1], outcome[2], (finished - began) / 1e6
end

return aws_server
