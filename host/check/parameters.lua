-- Parameters of AWS calls, as far as the code writes them out, against the model: names that it does not have, names that it
-- needs, and values that are plainly of the wrong kind. The host refuses the same when the call is made
-- (modules/lua/aws/validate.lua).
local models = require "models"
local nearest = require "aws.nearest"
local values = require "check.values"

local parameters = {}

local SCALARS = { string = true, character = true, blob = true, timestamp = true, boolean = true, integer = true, long = true,
                  double = true, float = true }
local NOT_TEXT = { boolean = true, integer = true, long = true, double = true, float = true, list = true, map = true,
                   structure = true }

local check_value

local function article(kind)
  return (kind:find "^[aeiou]" and "an " or "a ") .. kind
end

-- A name that another file adds may belong to another table that the same helper made, so it is not judged.
local function check_members(context, shape, atom, path)
  for name, field in pairs(atom.fields) do
    local reference = shape.members[name]
    local place = { at = field.at, unit = field.unit }
    if not reference and field.unit == atom.frame.unit then
      context.report(place, "unknown-parameter", ("%s has no parameter '%s'%s"):format(context.call, path .. name,
        nearest.hint(name, nearest.names(shape.members))), "write the name as the API has it")
    elseif reference then
      check_value(context, models.resolve(context.model, reference), field.value, path .. name, place)
    end
  end
end

-- Only a table that is written out whole is known to lack a name.
local function check_required(context, shape, atom, path)
  if atom.is_open or next(atom.metatables) or next(atom.elements) then return end
  for _, name in ipairs(shape.required or {}) do
    if not atom.fields[name] and not shape.members[name].idempotencyToken then
      context.report({ at = atom.node.at, unit = atom.frame.unit }, "missing-parameter",
        ("%s needs the parameter '%s'"):format(context.call, path .. name), "AWS refuses the call without it")
    end
  end
end

local checks = {}

function checks.structure(context, shape, atom, path)
  local prefix = path == "" and "" or path .. "."
  check_members(context, shape, atom, prefix)
  check_required(context, shape, atom, prefix)
end

function checks.list(context, shape, atom, path, place)
  if next(atom.fields) and not atom.is_open then
    context.report(place, "wrong-kind", ("%s: %s is a list"):format(context.call, path), "write { value, ... }")
  end
  check_value(context, models.resolve(context.model, shape.member), atom.elements, path .. "[]", place)
end

function checks.map(context, shape, atom, path)
  for name, field in pairs(atom.fields) do
    check_value(context, models.resolve(context.model, shape.value), field.value, path .. "." .. name, { at = field.at,
      unit = field.unit })
  end
end

-- Only what can be nothing else is judged.
function check_value(context, shape, set, path, place)
  set = values.some(set)
  local atom = next(set)
  if not atom or next(set, atom) or context.seen[atom] then return end
  if shape.document or (context.client.is_document and shape.name == "AttributeValue") then return end
  if atom.kind == "table" and checks[shape.type] then
    context.seen[atom] = true
    checks[shape.type](context, shape, atom, path, place)
    context.seen[atom] = nil
  elseif atom.kind == "table" and SCALARS[shape.type] then
    context.report(place, "wrong-kind", ("%s: %s is %s, not a table"):format(context.call, path, article(shape.type)),
      "write the value itself")
  elseif atom.kind == "string" and NOT_TEXT[shape.type] then
    local wanted = article(shape.type)
    context.report(place, "wrong-kind", ("%s: %s is %s, not the text %q"):format(context.call, path, wanted, atom.value),
      shape.type == "list" and "write { value }, also for a single one" or "write " .. wanted)
  end
end

--- report({at, unit}, code, message, advice) hears of each fault.
function parameters.check(model, operation, input, client, report)
  local context = {
    model = model, client = client, report = report, seen = {},
    call = ("%s:%s"):format(model.service, models.snake_case(operation.name)),
  }
  if operation.input then
    check_value(context, model.shapes[operation.input], input, "", {})
  end
end

return parameters
