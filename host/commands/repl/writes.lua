-- AWS calls from the prompt: what only reads goes through; what changes something is refused until `:write on`, and then asked
-- for one by one unless `:yes` was said. The host's client asks this before it signs (context.guard).
local failure = require "aws.failure"
local reading = require "aws.reading"
local show = require "commands.repl.show"

local writes = {}

-- `reason` may hold %s, for the call.
local function refuse(place, operation, reason)
  error(failure.new {
    code = "WRITE_REFUSED", service = place.service, operation = operation.name, region = place.region, retryable = false,
    message = reason:format(("%s:%s"):format(place.service, operation.name)),
  }, 0)
end

local function ask(console, place, operation, parameters)
  if not console.can_ask() then
    refuse(place, operation, "%s would be asked for, and nobody can answer here; say :yes first")
  end
  console.print(("%s %s in %s, with"):format(place.service, operation.name, place.region))
  console.page(show.text(parameters))
  local answer = console.ask "do it? [y/N] "
  if not answer or not answer:find "^%s*[yY]" then
    refuse(place, operation, "%s was not confirmed; nothing was sent")
  end
end

--- The guard of a session {write = boolean, yes = boolean, console =}.
function writes.guard(session)
  return function(place, operation, parameters)
    if reading.only(operation) then return end
    if not session.write then
      refuse(place, operation, "%s changes something, and this session only reads; :write on allows it")
    elseif not session.yes then
      ask(session.console, place, operation, parameters)
    end
  end
end

return writes
