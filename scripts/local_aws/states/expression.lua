-- What may stand at the right of a ".$" field: a path, or a call of an intrinsic function whose arguments are paths,
-- literals and further calls (https://states-language.net/spec.html#intrinsic-functions).
--
--   parse(text) -> node | nil, reason      evaluate(node, environment, field) -> value
-- environment = {input=, context=, variables=function(name) -> value|nil}
local document   = require "local_aws.states.document"
local failure    = require "local_aws.states.failure"
local intrinsics = require "local_aws.states.intrinsics"
local json       = require "json"
local jsonpath   = require "local_aws.states.jsonpath"
local lpeg       = require "lpeg"

local expression = {}

local P, R, S, V, C, Cc, Cg, Cs, Ct = lpeg.P, lpeg.R, lpeg.S, lpeg.V, lpeg.C, lpeg.Cc, lpeg.Cg, lpeg.Cs, lpeg.Ct

local DEPTH = 10 -- how deep calls may be nested

local space = S " \t\r\n" ^ 0
local digit = R "09"
local string_body = Cs((P "\\" * C(S "'\\") / "%1" + (1 - P "'")) ^ 0)
-- A path's text goes to its own grammar; here it only has to be told from what follows: brackets and quotes are skipped whole.
local single_quoted = P "'" * (P "\\" * 1 + (1 - S "'\\")) ^ 0 * P "'"
local double_quoted = P '"' * (1 - P '"') ^ 0 * P '"'
local bracketed = P { P "[" * (single_quoted + double_quoted + V(1) + (1 - S "[]")) ^ 0 * P "]" }
local path_text = P "$" * (bracketed + (1 - S ",()[] \t\r\n")) ^ 0

local number = C(P "-" ^ -1 * digit ^ 1 * (P "." * digit ^ 1) ^ -1 * (S "eE" * S "+-" ^ -1 * digit ^ 1) ^ -1) / tonumber

local function tagged(kind, pattern)
  return Ct(Cg(Cc(kind), "kind") * pattern)
end

local grammar = P {
  space * V "call" * space * -1,
  call = tagged("call", Cg(C(P "States." * (R("az", "AZ") + digit) ^ 1), "name") * space * P "(" * space
    * Cg(Ct((V "argument" * (space * P "," * space * V "argument") ^ 0) ^ -1), "arguments") * space * P ")"),
  argument = V "call"
    + tagged("literal", P "'" * Cg(string_body, "value") * P "'")
    + tagged("literal", Cg(number, "value"))
    + tagged("literal", Cg(P "true" * Cc(true) + P "false" * Cc(false) + P "null" * Cc(json.null), "value"))
    + tagged("path", Cg(C(path_text), "text")),
}

-- Resolves paths and function names below a call; false with a reason when one is wrong.
local function settle(node, depth)
  if node.kind == "path" then
    local reason
    node.path, reason = jsonpath.parse(node.text)
    return node.path ~= nil, reason
  elseif node.kind == "call" then
    if depth > DEPTH then
      return false, "more than " .. DEPTH .. " nested calls"
    end
    node.run = intrinsics[node.name]
    if not node.run then
      return false, "no such intrinsic function: " .. node.name
    end
    for _, argument in ipairs(node.arguments) do
      local fits, reason = settle(argument, depth + 1)
      if not fits then
        return false, reason
      end
    end
  end
  return true
end

-- Parsed texts; thrown away as a whole when there are many, which is rare: a definition has tens.
local CACHED = 4000
local cache, cached = {}, 0

local function keep(text, node)
  if cached == CACHED then
    cache, cached = {}, 0
  end
  cache[text] = node
  cached = cached + 1
end

function expression.parse(text)
  if type(text) ~= "string" then
    return nil, "not a string"
  end
  local node = cache[text]
  if node then
    return node
  end
  if text:sub(1, 1) == "$" then
    node = { kind = "path", text = text }
  else
    node = grammar:match(text)
  end
  if not node then
    return nil, "neither a JSONPath nor a call of an intrinsic function"
  end
  local fits, reason = settle(node, 1)
  if not fits then
    return nil, reason
  end
  node.text = text
  keep(text, node)
  return node
end

-- The document that a path's root stands for; its steps are applied to it.
local function root_of(path, environment)
  if path.root == "$" then
    return environment.input
  elseif path.root == "$$" then
    return environment.context
  end
  return environment.variables and environment.variables(path.root:sub(2))
end

-- -> true, value | false, missing
function expression.find(path, environment)
  local root = root_of(path, environment)
  if root == nil then
    return false, "No results for path: " .. path.text
  end
  return jsonpath.query(path, #path.steps > 0 and document.open(root) or root)
end

-- The value at a path; `field` is what asked for it, for the message.
function expression.at(path, environment, field)
  local found, value = expression.find(path, environment)
  if not found then
    local root = root_of(path, environment)
    local shown = root == nil and "{}" or json.encode(root)
    failure.runtime(("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'"):format(
      path.text, field, shown))
  end
  return value
end

-- A value inside a message: texts bare, the rest as JSON.
function expression.shown(value)
  return type(value) == "string" and value or json.encode(value)
end

function expression.evaluate(node, environment, field)
  if node.kind == "literal" then
    return node.value
  elseif node.kind == "path" then
    return expression.at(node.path, environment, field)
  end
  local arguments = {}
  for index, argument in ipairs(node.arguments) do
    arguments[index] = expression.evaluate(argument, environment, field)
  end
  local fine, result = pcall(node.run, arguments)
  if fine then
    return result
  elseif type(result) ~= "string" then
    error(result, 0)
  end
  failure.raise("States.IntrinsicFailure", ("The function '%s' had the following error: %s"):format(node.text or node.name,
    result),
    { inside_state = true })
end

return expression
