-- The same work in several regions and accounts, side by side.

local client  = require "aws.client"
local json    = require "json"
local nearest = require "aws.nearest"
local task    = require "task"

local OWN = { regions = "table", accounts = "table", limit = "number", on_error = "function", client = "table" }

local DEFAULT_LIMIT = 10

local function check(service, options, fn)
  local where = ("aws.across(%q)"):format(tostring(service))
  if type(options) ~= "table" then
    error(where .. ": the options must be a table with regions, accounts or both", 3)
  elseif type(fn) ~= "function" then
    error(where .. ": the third argument must be a function of (client, place)", 3)
  end
  for name, value in pairs(options) do
    if not OWN[name] then
      error(("%s: option %s is unknown%s"):format(where, tostring(name), nearest.hint(tostring(name), nearest.names(OWN))), 3)
    elseif type(value) ~= OWN[name] then
      error(("%s: option %s must be a %s, is a %s"):format(where, name, OWN[name], type(value)), 3)
    end
  end
  -- Nothing to do is more often a mistake than a wish: an empty list found by a filter must not look like "all is well".
  for _, name in ipairs { "regions", "accounts" } do
    if options[name] and #options[name] == 0 then
      error(("%s: %s is empty"):format(where, name), 3)
    end
  end
end

local function places_of(options)
  local places = {}
  for _, account in ipairs(options.accounts or { false }) do
    for _, region in ipairs(options.regions or { false }) do
      places[#places + 1] = { region = region or nil, account = account or nil }
    end
  end
  return places
end

local function client_options(options, place)
  local given = { region = place.region, account = place.account }
  for name, value in pairs(options.client or {}) do
    given[name] = value
  end
  return given
end

-- fn(client, place) for each region of each account, at most `limit` (10) at a time; place = {region=, account=}, nil where it
-- is the default. options: regions = list of names, accounts = list as aws.client's account, limit, client = further options of
-- aws.client, on_error(problem, place).
-- -> json.array of {region=, account=, value= what fn returned}, accounts in order, within them regions in order.
-- The first error ends all and is raised. With on_error it does not: the place's value is what on_error returns, so whoever
-- goes on without a region has said so.
local function across(service, options, fn)
  check(service, options, fn)
  local results = task.map(places_of(options), function(place)
    local function work()
      return fn(client.new(service, client_options(options, place)), place)
    end
    local entry = { region = place.region, account = place.account }
    if not options.on_error then
      entry.value = work()
      return entry
    end
    local fine, value = task.pcall(work)
    if not fine and type(value) == "string" then
      error(value, 0) -- a mistake in the script is the same everywhere
    end
    entry.value = fine and value or nil
    if not fine then
      entry.value = options.on_error(value, place)
    end
    return entry
  end, { limit = options.limit or DEFAULT_LIMIT })
  return json.array(results)
end

return across
