-- What may come next: complete.line(text, names) -> candidates for the word at the end of the text, sorted, and the word.
-- names is what a bare name means: the prompt's environment, a table or nil. scripts is a list of what can be required beside
-- the modules.
--
-- Knows modules and their members, variables, clients' operations, waiters and pages, members of their parameters at any
-- depth, the values of enumerations, options of described functions, and what help() and require take.

local api     = require "api"
local context = require "help.context"
local models  = require "models"
local nearest = require "aws.nearest"
local shapes  = require "help.shapes"
local waiters = require "aws.waiters"

local complete = {}

local KEYWORDS = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not", "or", "repeat",
  "return", "then", "true", "until", "while",
}

local WALKS = { "pages", "items", "wait" }

local function joined(...)
  local all = {}
  for _, list in ipairs { ... } do
    table.move(list, 1, #list, #all + 1, all)
  end
  return all
end

-- The value of "a.b.c", without calling anything but the environment's own look-up.
local function value_of(chain, names)
  local value
  for name in chain:gmatch "[^.]+" do
    if value == nil then
      value = names and names[name]
    else
      value = type(value) == "table" and rawget(value, name) or nil
    end
    if value == nil then
      return nil
    end
  end
  return value
end

-- The model of the client that a chain names: aws.client("drs"), or a variable that holds a client.
local function model_of(chain, names)
  local service = chain:match "^aws%.client%s*%(?%s*[\"']([%w_-]+)[\"']"
  if not service then
    local value = value_of(chain, names)
    service = getmetatable(value) == "aws.client" and tostring(value):match '"(.+)"' or nil
  end
  local found, model = pcall(models.load, service)
  return found and model or nil
end

-- "drs:start_recovery" -> model, method
local function call_of(callee, names)
  local object, method = (callee or ""):match "^(.*)%s*:%s*([%w_]*)$"
  local model = object and model_of(object, names)
  return model, method
end

local function methods_of(model)
  return nearest.names(models.methods(model))
end

local function paged(model)
  local list = {}
  for _, method in ipairs(methods_of(model)) do
    list[#list + 1] = model.paginators[models.methods(model)[method]] and method or nil
  end
  return list
end

-- --- the parameters of operations ---

local function resolved(model, reference)
  return reference and models.resolve(model, reference)
end

-- The reference of what the innermost bracket holds, from the outermost that is an operation's parameters.
local function parameter_at(here, names)
  local model, reference
  for _, frame in ipairs(here.frames) do
    local called, method = call_of(frame.callee, names)
    if called then
      local name = models.methods(called)[method]
      local walk = method == "pages" or method == "items" or method == "wait"
      model, reference = called, nil
      if name and (frame.bracket == "{" or frame.argument == 1) then
        reference = { shape = called.operations[name].input }
      elseif walk and frame.argument == 2 then
        local first = here.before:match(method .. "%s*%(%s*[\"']([%w_]+)[\"']")
        local waiter = first and method == "wait" and waiters.find(called, first)
        local operation = waiter and waiter.operation or models.methods(called)[first]
        reference = operation and { shape = called.operations[operation].input }
      end
    elseif reference and frame.bracket == "{" then
      local shape = resolved(model, reference)
      if frame.key and shape.type == "structure" then
        reference = shape.members[frame.key]
      elseif frame.key and shape.type == "map" then
        reference = shape.value
      elseif not frame.key and shape.type == "list" then
        reference = shape.member
      elseif frame.key then
        reference = nil
      end
    end
  end
  return model, reference
end

local function enum_of(model, reference)
  local shape = resolved(model, reference)
  if shape and shape.type == "list" then
    shape = resolved(model, shape.member)
  end
  return shape and shape.enum
end

local function member_reference(model, reference, key)
  local shape = resolved(model, reference)
  if shape and shape.type == "structure" then
    return shape.members[key]
  end
end

local function parameter_candidates(here, names)
  local model, reference = parameter_at(here, names)
  if not reference then
    return nil
  end
  local inner = here.frames[#here.frames]
  if here.key then
    local member = member_reference(model, reference, here.key)
    local shape = resolved(model, member)
    if here.string then
      return member and enum_of(model, member)
    end
    return shape and shape.type == "boolean" and { "true", "false" } or nil
  elseif here.string then
    return enum_of(model, reference)
  elseif inner.bracket == "{" and here.begins then
    local shape = resolved(model, reference)
    if shape.type ~= "structure" then
      return nil
    end
    local list = {}
    for _, name in ipairs((shapes.members(shape))) do
      list[#list + 1] = not inner.keys[name] and name or nil
    end
    return list
  end
end

-- --- options of described functions: http.request { ti ---

local function described_fields(here, names)
  local frame, argument = here.frames[#here.frames], 1
  if not frame or frame.bracket ~= "{" or not here.begins or here.string then
    return nil
  end
  local callee = frame.callee
  if not callee and #here.frames > 1 then
    callee, argument = here.frames[#here.frames - 1].callee, here.frames[#here.frames - 1].argument
  end
  local model, method = call_of(callee, names)
  local entry = callee and api.find(model and "aws.client:" .. method or callee)
  local parameter = entry and entry.kind == "function" and entry.parameters[argument]
  local owner = parameter and api.module(parameter.type:match "^([%w_]+)%." or "")
  local class = owner and owner.classes[parameter.type]
  local list = {}
  for _, field in ipairs(class and class.fields or {}) do
    list[#list + 1] = not frame.keys[field.name] and field.name or nil
  end
  return class and list or nil
end

-- --- names in strings: help "drs.", require "", aws.client "" ---

local function topics(text)
  local service = text:match "^([%w_-]+)[.:][%w_]*$"
  local found, model = pcall(models.load, service)
  local module = service and api.module(service)
  if found or module then
    return joined(found and methods_of(model) or {}, module and nearest.names(api.members(module)) or {})
  end
  return joined(api.modules(), models.services())
end

-- What follows the "lib." that has been typed.
local function behind_dots(here, list)
  local typed, rests = here.string:sub(1, #here.string - #here.word), {}
  for _, name in ipairs(list) do
    rests[#rests + 1] = name:sub(1, #typed) == typed and name:sub(#typed + 1) or nil
  end
  return rests
end

local function string_candidates(here, names, scripts)
  local frame = here.frames[#here.frames]
  local callee = here.callee or frame and frame.bracket == "(" and frame.argument == 1 and frame.callee
  if not callee then
    return {}
  elseif callee == "help" then
    return topics(here.string)
  elseif callee == "require" then
    return behind_dots(here, joined(api.modules(), scripts))
  elseif callee == "aws.client" or callee == "aws.across" then
    return models.services()
  end
  local model, method = call_of(callee, names)
  if model and (method == "pages" or method == "items") then
    return paged(model)
  elseif model and method == "wait" then
    return joined(waiters.names(model), methods_of(model))
  end
  return {}
end

-- --- names after a dot or a colon, and bare ones ---

local function string_keys(value)
  local list = {}
  for name in pairs(type(value) == "table" and value or {}) do
    list[#list + 1] = type(name) == "string" and name:find "^[%a_][%w_]*$" and name or nil
  end
  return list
end

local function member_candidates(here, names, sign)
  local chain = context.chain_before(here.before:sub(1, -2))
  if not chain then
    return {}
  elseif sign == ":" then
    local model = model_of(chain, names)
    if model then
      return joined(methods_of(model), WALKS)
    end
  end
  local value = value_of(chain, names)
  local class = getmetatable(value)
  local index = type(class) == "table" and type(value) ~= "string" and rawget(class, "__index")
  return joined(string_keys(value), string_keys(index))
end

local function candidates(here, names, scripts)
  local sign = not here.string and here.before:match "[.:]$"
  if here.comment then
    return {}
  elseif sign and not here.before:find "%.%.$" then
    return member_candidates(here, names, sign)
  end
  local of_parameters = parameter_candidates(here, names) or described_fields(here, names)
  if of_parameters then
    return of_parameters
  elseif here.string then
    return string_candidates(here, names, scripts)
  elseif here.word == "" and here.before ~= "" then
    return {} -- anything could stand here
  end
  return joined(KEYWORDS, api.modules(), string_keys(names), string_keys(_G))
end

function complete.line(text, names, scripts)
  local here = context.read(text)
  local word, set = here.word, {}
  for _, name in ipairs(candidates(here, names, scripts or {})) do
    if name:sub(1, #word):lower() == word:lower() then
      set[name] = true
    end
  end
  return nearest.names(set), word
end

return complete
