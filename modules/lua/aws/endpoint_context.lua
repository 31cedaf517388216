-- What a call's own parameters say in the choice of its endpoint: DynamoDB's tables named by an ARN of another account, the
-- global endpoint of EventBridge. Models say so in three ways (contextParam, staticContextParams, operationContextParams).

local endpoint_context = {}

-- The expressions that models use, a small part of JMESPath, as plain paths: "*" is each element of a list, "@keys" each key.
--   "A.B", "keys(Items)", "Items[*].Get.Name", "Items[*].[Put.Name, Delete.Name][]"
local function paths_of(expression)
  local map = expression:match "^keys%(([%w_]+)%)$"
  if map then
    return { map .. ".@keys" }
  end
  local list, choices = expression:match "^([%w_]+)%[%*%]%.%[([%w_., ]+)%]%[%]$"
  if list then
    local paths = {}
    for path in choices:gmatch "[%w_.]+" do
      paths[#paths + 1] = list .. ".*." .. path
    end
    return paths
  end
  expression = expression:gsub("%[%*%]", ".*")
  return expression:find "^[%w_.*]+$" and { expression } or {}
end

-- -> operation's name -> parameter of the rules -> {value=} or {path=}, of a model that says so itself.
function endpoint_context.of_model(model)
  local contexts = {}
  for name, operation in pairs(model.operations) do
    local said = {}
    for parameter, constant in pairs(operation.staticContextParams or {}) do
      said[parameter] = { value = constant.value }
    end
    for parameter, place in pairs(operation.operationContextParams or {}) do
      said[parameter] = { path = place.path }
    end
    local input = operation.input and model.shapes[operation.input]
    for member, reference in pairs(input and input.members or {}) do
      if reference.contextParam then
        said[reference.contextParam.name] = { path = member }
      end
    end
    contexts[name] = next(said) and said or nil
  end
  return contexts
end

local function collect(value, path, found)
  local step, rest = path:match "^([^.]+)%.?(.*)$"
  if not step then
    found[#found + 1] = value
  elseif type(value) ~= "table" then
    return
  elseif step == "@keys" then
    for key in pairs(value) do
      found[#found + 1] = key
    end
    table.sort(found)
  elseif step == "*" then
    for _, child in ipairs(value) do
      collect(child, rest, found)
    end
  else
    collect(value[step], rest, found)
  end
end

-- wanted: parameter -> {value=} or {path=}; input: of the call. -> parameter -> value
function endpoint_context.values(wanted, input)
  local values = {}
  for parameter, source in pairs(wanted) do
    if source.path then
      local found = {}
      for _, path in ipairs(paths_of(source.path)) do
        collect(input, path, found)
      end
      if source.path:find "[%[(]" then
        values[parameter] = #found > 0 and found or nil
      else
        values[parameter] = found[1]
      end
    else
      values[parameter] = source.value
    end
  end
  return values
end

return endpoint_context
