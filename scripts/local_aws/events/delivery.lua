-- Brings an event to the targets of the rules that it fits.

local json = require "json"
local jsonpath = require "local_aws.states.jsonpath"
local log = require "log"
local pattern = require "local_aws.events.pattern"
local task = require "task"
local time = require "time"
local uuid = require "uuid"

local delivery = {}

local DEEPEST = 5 -- buses that an event may be handed on to, so that two cannot play it to and fro

-- {value=} of what a path names; nil when there is nothing.
local function select_value(path_text, event)
  local path = jsonpath.parse(path_text)
  if path then
    local found, value = jsonpath.query(path, event)
    return found and { value = value } or nil
  end
end

-- "<name>" in a template: text as it is inside a text, else JSON.
local function transform(transformer, event)
  local template, values = transformer.InputTemplate, {}
  for name, path in pairs(transformer.InputPathsMap or {}) do
    values[name] = (select_value(path, event) or {}).value
  end
  return (template:gsub("(.?)<([%w_.-]+)>", function(before, name)
    local value = values[name]
    if value == nil then
      return before .. (before == '"' and "" or "null")
    elseif type(value) == "table" or before ~= '"' and not template:find('^"') then
      return before .. json.encode(value)
    end
    return before .. tostring(value)
  end))
end

local function input_of(target, event)
  if target.Input then
    return target.Input
  elseif target.InputPath then
    local selected = select_value(target.InputPath, event) or { value = json.null }
    return json.encode(selected.value)
  elseif target.InputTransformer then
    return transform(target.InputTransformer, event)
  end
  return json.encode(event)
end

-- Functions may wait, and an event may not: they are invoked behind it. world -> {event=, {arn=, text=}, ...}.
local queues = setmetatable({}, { __mode = "k" })

-- Service of the target's ARN -> what is done with it.
local SERVE = {
  sns = function(world, place, target, text)
    world.call("sns", "Publish", place.account, place.region, { TopicArn = target.Arn, Message = text })
  end,
  states = function(world, place, target, text)
    world.call("states", "StartExecution", place.account, place.region, { stateMachineArn = target.Arn, input = text })
  end,
  lambda = function(world, _, target, text)
    local queue = queues[world]
    queue[#queue + 1] = { arn = target.Arn, text = text }
    queue.event:set()
  end,
  events = function(world, place, target, _, event, depth)
    local bus = target.Arn:match("event%-bus/(.+)$")
    if bus and depth < DEEPEST then
      delivery.deliver(world, place.account, place.region, bus, event, depth + 1)
    end
  end,
}

-- A target that fails takes nothing from the others: AWS tries again for a day, here it is logged.
local function serve(world, place, target, event, depth)
  local serve_service = SERVE[target.Arn:match("^arn:aws[%w-]*:([%w-]+):")]
  local ok, problem = serve_service ~= nil, "the local AWS does not deliver there"
  if serve_service then
    ok, problem = pcall(serve_service, world, place, target, input_of(target, event), event, depth)
  end
  if not ok then
    log.warn("an event did not reach its target", { target = target.Arn, problem = tostring(problem) })
  end
end

-- Brings an event to the rules of a bus; `wanted`: to those of these names only.
function delivery.to_rules(world, place, bus, event, wanted, depth)
  local targets = require "local_aws.events.targets"
  for _, rule in ipairs(world.db:all([[SELECT * FROM events_rules WHERE account = ? AND region = ? AND bus = ?
    AND state <> 'DISABLED' AND pattern IS NOT NULL ORDER BY name]], place.account, place.region, bus)) do
    if (not wanted or wanted[rule.name]) and pattern.matches(json.decode(rule.pattern), event) then
      for _, target in ipairs(targets.of(world.db, rule)) do
        serve(world, place, target, event, depth or 1)
      end
    end
  end
end

-- Brings an event to all rules of a bus, and into its archives.
function delivery.deliver(world, account, region, bus, event, depth)
  require("local_aws.events.archives").keep(world.db, account, region, bus, event)
  delivery.to_rules(world, { account = account, region = region }, bus, event, nil, depth)
end

local function invoke(world, item)
  local ok, problem = pcall(world.functions.invoke, item.arn, item.text)
  if not ok then
    log.warn("an event's function failed", { target = item.arn, problem = tostring(problem) })
  end
end

-- Invokes what is queued, as long as the world lives.
function delivery.begin(world)
  local queue = { event = task.event() }
  queues[world] = queue
  world.background(function()
    while true do
      queue.event:wait()
      queue.event:reset()
      while queue[1] do
        task.spawn(invoke, world, table.remove(queue, 1))
      end
    end
  end)
end

-- An event of a service of the local AWS: {source=, ["detail-type"]=, resources=, detail=}.
function delivery.emit(world, account, region, event)
  event.version, event.id, event.account, event.region = "0", uuid.v4(), account, region
  event.time = event.time or time.iso8601(time.now())
  delivery.deliver(world, account, region, "default", event)
end

return delivery
