-- Look before you repeat: for calls that start something and have no idempotency token.
--
--   local job, how = aws.once(
--     function() return drs:start_recovery { sourceServers = servers, tags = tags }.job end,
--     function() return find_job(tags) end)
--
-- `act` makes the call. When it ends without an answer, or is refused for what an own earlier call may have done, `look` is
-- asked for what that call has brought about. What it finds is the result; only if it finds nothing, and no other refusal came,
-- the call is made again. So a lost answer neither starts a second job nor is taken for a failure.

local failure = require "aws.failure"
local task    = require "task"

local once = {}

local KNOWN = { tries = "number", looks = "number", pause = "number", conflicts = "table" }

local function check(act, look, options)
  if type(act) ~= "function" or type(look) ~= "function" then
    error("aws.once: two functions are needed, one that makes the call and one that looks for what it did", 4)
  end
  for name, value in pairs(options) do
    if type(value) ~= KNOWN[name] then
      error(("aws.once: option %s %s"):format(name, KNOWN[name] and "must be a " .. KNOWN[name] or "is unknown"), 4)
    end
  end
end

-- What was done may show up late: several looks, with pauses. A look that fails says nothing, so nothing may be repeated.
local function find(look, problem, looks, pause)
  for number = 1, looks do
    task.sleep(pause)
    local looked, found = task.pcall(look, problem)
    if not looked and not failure.is(found) then
      error(found, 0)
    elseif not looked and number == looks then
      problem.outcomeUnknown, problem.lookFailed = true, tostring(found)
      error(problem, 0)
    elseif looked and found then
      return found
    end
  end
end

-- options: tries=3 (of act), looks=2 (after each), pause=2 (seconds of the world's clock before each look),
-- conflicts={"ConflictException"}: codes of refusals that an own earlier call can be the reason of.
-- -> what act returned, "made"; or what look found, "found". Raises act's last error, with outcomeUnknown where it is.
function once.call(act, look, options)
  options = options or {}
  check(act, look, options)
  local tries, in_doubt = options.tries or 3, false
  for number = 1, tries do
    local made, result = task.pcall(act)
    if made then
      return result, "made"
    elseif not failure.is(result) then
      error(result, 0)
    end
    local conflict = failure.is(result, table.unpack(options.conflicts or { "ConflictException" }))
    if not result.outcomeUnknown and not conflict then
      result.outcomeUnknown = in_doubt or nil
      error(result, 0)
    end
    local found = find(look, result, options.looks or 2, options.pause or 2)
    if found then
      return found, "found"
    end
    in_doubt = in_doubt or result.outcomeUnknown or false
    -- Refused, and nothing of ours is there: somebody else's doing, which a repetition would not change.
    if conflict or number == tries then
      result.outcomeUnknown = in_doubt or nil
      error(result, 0)
    end
  end
end

return once
