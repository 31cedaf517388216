-- JSONPath as the Amazon States Language uses it (https://states-language.net/spec.html#path): "$" is the state's input,
-- "$$" the context object, "$name" a variable. Text becomes a list of steps once; a query walks them.
--
--   parse(text) -> path | nil, reason        path = {text, root, steps, definite, reference}
--   query(path, value) -> true, result | false, missing      `missing` names the part of the path that was not there
-- A definite path (names and single indexes only) gives the value; any other gives an array of the matches, maybe empty.
local filter  = require "local_aws.states.jsonpath_filter"
local grammar = require "local_aws.states.jsonpath_grammar"
local json    = require "json"

local jsonpath = {}

local function is_single(step)
  return step.kind == "names" and #step.names == 1 or step.kind == "indexes" and #step.indexes == 1
end

-- Reference paths (ResultPath, ItemsPath ...) may only name one place: names and non-negative indexes.
local function is_reference(steps)
  for _, step in ipairs(steps) do
    if not is_single(step) or step.kind == "indexes" and step.indexes[1] < 0 then
      return false
    end
  end
  return true
end

local function parse(text)
  local path = grammar:match(text)
  if not path then
    return nil
  end
  path.text = text
  path.definite = true
  for _, step in ipairs(path.steps) do
    path.definite = path.definite and is_single(step)
  end
  path.reference = path.definite and is_reference(path.steps)
  return path
end

-- Parsed texts; thrown away as a whole when there are many, which is rare: a definition has tens.
local CACHED = 4000
local cache, cached = {}, 0

local function keep(text, path)
  if cached == CACHED then
    cache, cached = {}, 0
  end
  cache[text] = path
  cached = cached + 1
end

function jsonpath.parse(text)
  if type(text) ~= "string" then
    return nil, "not a string"
  end
  local path = cache[text]
  if not path then
    path = parse(text)
    if not path then
      return nil, "not a JSONPath: " .. text
    end
    keep(text, path)
  end
  return path
end

local function is_array(value)
  return type(value) == "table" and json.is_array(value)
end

local function is_object(value)
  return type(value) == "table" and not json.is_array(value)
end

local function sorted_keys(object)
  local keys = {}
  for key in pairs(object) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

local function children(value, visit)
  if is_array(value) then
    for _, item in ipairs(value) do
      visit(item)
    end
  elseif is_object(value) then
    for _, key in ipairs(sorted_keys(value)) do
      visit(value[key])
    end
  end
end

local walk

local function slice(step, value, visit)
  if not is_array(value) then
    return
  end
  local length, stride = #value, step.step or 1
  if stride == 0 then
    return
  end
  local function place(index, default)
    if not index then
      return default
    end
    return index < 0 and index + length or index
  end
  local from = place(step.from, stride > 0 and 0 or length - 1)
  local to = place(step.to, stride > 0 and length or -1)
  for index = from, stride > 0 and math.min(to, length) - 1 or to + 1, stride do
    if value[index + 1] ~= nil then
      visit(value[index + 1])
    end
  end
end

-- Each kind of step calls `visit` with every value that it selects below `value`.
local select_by = {
  names = function(step, value, visit)
    for _, key in ipairs(step.names) do
      if is_object(value) and value[key] ~= nil then
        visit(value[key])
      end
    end
  end,
  indexes = function(step, value, visit)
    if not is_array(value) then
      return
    end
    for _, index in ipairs(step.indexes) do
      local item = value[index < 0 and #value + index + 1 or index + 1]
      if item ~= nil then
        visit(item)
      end
    end
  end,
  wildcard = function(_, value, visit) children(value, visit) end,
  slice = slice,
  filter = function(step, value, visit, root)
    if is_object(value) then
      if filter(step.test, value, root, walk) then
        visit(value)
      end
    else
      children(value, function(item) if filter(step.test, item, root, walk) then visit(item) end end)
    end
  end,
}

function select_by.descend(step, value, visit, root)
  select_by[step.target.kind](step.target, value, visit, root)
  children(value, function(child) select_by.descend(step, child, visit, root) end)
end

function walk(steps, position, value, root, visit)
  local step = steps[position]
  if not step then
    visit(value)
    return
  end
  select_by[step.kind](step, value, function(child) walk(steps, position + 1, child, root, visit) end, root)
end

-- How AWS spells the place in its messages: $['a']['b'][0].
local function bracketed(steps, count)
  local parts = { "$" }
  for position = 1, count do
    local step = steps[position]
    parts[#parts + 1] = step.kind == "names" and "['" .. step.names[1] .. "']" or "[" .. tostring(step.indexes[1]) .. "]"
  end
  return table.concat(parts)
end

local function query_definite(path, value)
  for position, step in ipairs(path.steps) do
    local found
    select_by[step.kind](step, value, function(child) found = child end)
    if found == nil then
      if position == #path.steps then
        return false, "No results for path: " .. bracketed(path.steps, position)
      end
      return false, "Missing property in path " .. bracketed(path.steps, position)
    end
    value = found
  end
  return true, value
end

function jsonpath.query(path, value)
  if path.definite then
    return query_definite(path, value)
  end
  local matches = json.array {}
  walk(path.steps, 1, value, value, function(match) matches[#matches + 1] = match end)
  return true, matches
end

-- Puts `value` at a reference path of `target` (a table that the caller owns), making objects on the way.
-- -> the new target | nil, reason
function jsonpath.assign(path, target, value)
  if #path.steps == 0 then
    return value
  end
  local at = target
  for position, step in ipairs(path.steps) do
    local key
    if step.kind == "names" then
      if not is_object(at) then
        return nil, "not an object"
      end
      key = step.names[1]
    else
      if not is_array(at) or step.indexes[1] >= #at then
        return nil, "no such element"
      end
      key = step.indexes[1] + 1
    end
    if position == #path.steps then
      at[key] = value
    else
      if at[key] == nil then
        at[key] = json.object {}
      end
      at = at[key]
    end
  end
  return target
end

return jsonpath
