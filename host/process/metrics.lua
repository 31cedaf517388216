-- What the server has done, counted, and its text for GET /metrics (Prometheus text format 0.0.4). Counters are summed over all
-- workers and survive the replacement of one; what belongs to a worker has its number as a label.
local _, core = ...

local metrics = {}

-- A counter's key on the board is its short name and its labels' values, with "|" between.
local COUNTERS = {
  requests = { "drsh_requests_total", { "route", "status" }, "Requests answered, by route and status." },
  script_faults = { "drsh_script_faults_total", { "path" }, "Saved scripts that were broken, by file." },
  script_errors = { "drsh_script_errors_total", { "script", "kind" }, "Runs of a script that failed or were stopped." },
  memory_refused = { "drsh_memory_refused_total", { "script" }, "Times that a script was refused memory beyond its limit." },
  aws_calls = { "drsh_aws_calls_total", { "service", "operation", "outcome" }, "AWS calls, by their outcome: ok or the code." },
  aws_retries = { "drsh_aws_retries_total", { "service", "operation" }, "AWS calls that were tried again." },
  kills = { "drsh_kills_total", { "script" }, "Requests and runbooks that drsh kill ended." },
}

local BUCKETS = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60 }

metrics.set_generation, metrics.generation_number = core.set_generation, core.generation_number

local function clean(value)
  return (tostring(value):gsub("[|%c]", "_"):sub(1, 60))
end

-- metrics.add("requests", "GET /executions", 200): one more.
function metrics.add(name, ...)
  local words = table.pack(name, ...)
  for index = 2, words.n do words[index] = clean(words[index]) end
  core.add(table.concat(words, "|"))
end

-- One answered request: its route (or "none") and status, and how many seconds it took.
function metrics.request(route, status, seconds)
  local bucket = "+Inf"
  for _, limit in ipairs(BUCKETS) do
    if seconds <= limit then
      bucket = limit
      break
    end
  end
  route = clean(route)
  core.add(("requests|%s|%d"):format(route, status))
  core.add(("duration_bucket|%s|%s"):format(route, bucket))
  core.add("duration_sum|" .. route, seconds)
  core.add("duration_count|" .. route)
end

-- Has AWS calls counted.
function metrics.observe_aws()
  require "aws.record".observe = function(what, service, operation, outcome)
    if what == "retry" then metrics.add("aws_retries", service, operation) return end
    metrics.add("aws_calls", service, operation, outcome)
  end
end

local function escape(value)
  return (value:gsub('[\\"\n]', { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }))
end

local function number(value)
  return math.tointeger(value) and ("%d"):format(value) or ("%.6f"):format(value)
end

local function line(name, labels, values, value)
  local pairs_of = {}
  for index, label in ipairs(labels) do pairs_of[index] = ('%s="%s"'):format(label, escape(tostring(values[index]))) end
  local text = #pairs_of > 0 and "{" .. table.concat(pairs_of, ",") .. "}" or ""
  return ("%s%s %s"):format(name, text, number(value))
end

local function split(key)
  local words = {}
  for word in (key .. "|"):gmatch "([^|]*)|" do words[#words + 1] = word end
  return table.remove(words, 1), words
end

-- A bucket holds what is at most its limit: the ones below it are added.
local function add_up_buckets(series)
  local routes, added = {}, {}
  for key in pairs(series) do
    local name, values = split(key)
    if name == "duration_count" then routes[#routes + 1] = values[1] end
  end
  for _, route in ipairs(routes) do
    local sum = 0
    for index = 1, #BUCKETS + 1 do
      local limit = BUCKETS[index] or "+Inf"
      sum = sum + (series[("duration_bucket|%s|%s"):format(route, limit)] or 0)
      added[#added + 1] = line("drsh_request_duration_seconds_bucket", { "route", "le" }, { route, limit }, sum)
    end
    added[#added + 1] = line("drsh_request_duration_seconds_sum", { "route" }, { route }, series["duration_sum|" .. route] or 0)
    added[#added + 1] = line("drsh_request_duration_seconds_count", { "route" }, { route }, series["duration_count|" .. route])
  end
  return added
end

local function append_family(lines, name, kind, help, members)
  if #members == 0 then return end
  lines[#lines + 1] = ("# HELP %s %s"):format(name, help)
  lines[#lines + 1] = ("# TYPE %s %s"):format(name, kind)
  table.move(members, 1, #members, #lines + 1, lines)
end

local GAUGES = {
  { "drsh_worker_up", "gauge", "Is the worker serving?", "ready" },
  { "drsh_lua_memory_bytes", "gauge", "Memory of the worker's Lua state.", "memory" },
  { "drsh_script_generation", "gauge", "The generation of the scripts that the worker serves with.", "generation" },
  { "drsh_worker_restarts_total", "counter", "Times that the worker was replaced.", "restarts" },
}

--- The text for Prometheus.
function metrics.text()
  local series, workers = core.collect()
  local families, names, lines = {}, {}, {}
  for key, value in pairs(series) do
    local short, values = split(key)
    local counter = COUNTERS[short]
    if counter then
      if not families[short] then families[short], names[#names + 1] = {}, short end
      table.insert(families[short], line(counter[1], counter[2], values, value))
    end
  end
  table.sort(names)
  for _, short in ipairs(names) do
    table.sort(families[short])
    append_family(lines, COUNTERS[short][1], "counter", COUNTERS[short][3], families[short])
  end
  append_family(lines, "drsh_request_duration_seconds", "histogram", "How long requests took.", add_up_buckets(series))
  for _, gauge in ipairs(GAUGES) do
    local members = {}
    for index, worker in ipairs(workers) do
      members[index] = line(gauge[1], { "worker" }, { worker.worker }, worker[gauge[4]])
    end
    append_family(lines, gauge[1], gauge[2], gauge[3], members)
  end
  return table.concat(lines, "\n") .. "\n"
end

return metrics
