-- The servers of this user that a prompt can attach to, and which is meant.
local control = require "process.control"

local servers = {}

-- Every process that serves, the workers of one server together: {pid, master, worker, url}.
local function list()
  local found = {}
  for _, answer in ipairs(control.ask("GET", "/about")) do
    if answer.status == 200 and type(answer.body.url) == "string" then found[#found + 1] = answer.body end
  end
  table.sort(found, function(a, b)
    if a.url ~= b.url then return a.url < b.url end
    return (a.worker or 1) < (b.worker or 1)
  end)
  return found
end

-- A process id (of a worker, or of a server's master), or [ADDR]:PORT[/WORKER].
local function is_meant(server, target)
  if target:find "^%d+$" then return tonumber(target) == server.pid or tonumber(target) == server.master end
  local place, worker = target:match "^(.-)/(%d+)$"
  place = place or target
  if worker and tonumber(worker) ~= (server.worker or 1) then return false end
  return server.url == "http://" .. place or place:find "^:%d+$" and server.url:sub(-#place) == place
end

local function described(found)
  local lines = {}
  for _, server in ipairs(found) do
    local worker = server.worker and ", worker " .. server.worker or ""
    lines[#lines + 1] = ("\n  drsh repl --attach %-8d %s%s"):format(server.pid, server.url, worker)
  end
  return table.concat(lines)
end

--- -> the server that is meant, of several workers the first; or nil and what to say.
function servers.find(target)
  local found, meant, urls = list(), {}, {}
  for _, server in ipairs(found) do
    if not target or is_meant(server, target) then
      meant[#meant + 1] = server
      urls[server.url] = true
    end
  end
  local first = next(urls)
  if #found == 0 then
    return nil,
      ("no server of this user runs that can be reached through %s; is --runtime-dir the server's?"):format(control.folder())
  elseif #meant == 0 then
    return nil, ("no server is %s; there are:%s"):format(target, described(found))
  elseif next(urls, first) then
    return nil, "several servers run; say which:" .. described(meant)
  end
  return meant[1]
end

return servers
