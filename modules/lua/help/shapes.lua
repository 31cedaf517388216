-- Shapes of the API models in words: what a member takes, and members over lines.

local models = require "models"

local shapes = {}

local ENUM_SHOWN, PATTERN_SHOWN = 12, 48

local SCALARS = {
  string = "string", character = "string", boolean = "boolean", integer = "integer", long = "integer", float = "number",
  double = "number", timestamp = "epoch seconds", blob = "bytes", structure = "table", bigdecimal = "number",
}

local function bounds(shape, unit)
  local low, high = shape.min, shape.max
  if low and high then
    return low == high and (" %s%s"):format(high, unit) or (" %s to %s%s"):format(low, high, unit)
  elseif high then
    return (" up to %s%s"):format(high, unit)
  elseif low and low ~= 0 then
    return (" at least %s%s"):format(low, unit)
  end
  return ""
end

local function choice(enum)
  local shown = table.concat(enum, " | ", 1, math.min(#enum, ENUM_SHOWN))
  return shown .. (#enum > ENUM_SHOWN and (" | ... %d more"):format(#enum - ENUM_SHOWN) or "")
end

local function limits(shape)
  local unit = shape.type == "string" and " characters" or shape.type == "blob" and " bytes" or ""
  local limit = bounds(shape, unit)
  local pattern = shape.pattern and #shape.pattern <= PATTERN_SHOWN and ", /" .. shape.pattern .. "/" or ""
  return (limit ~= "" and "," .. limit or "") .. pattern .. (shape.sensitive and ", never logged" or "")
end

-- "list of string, 1 to 200", "LAUNCH | TERMINATE", "string, up to 64 characters, /[a-z]+/"; `brief` leaves limits out, which
-- matter to who writes and not to who reads.
function shapes.type_text(model, reference, brief)
  local shape = models.resolve(model, reference)
  local kind = shape.type
  if kind == "list" then
    local of = brief and "" or bounds(shape, "")
    return "list of " .. shapes.type_text(model, shape.member, brief) .. (of ~= "" and "," .. of .. " of them" or "")
  elseif kind == "map" then
    return ("table of %s -> %s"):format(shapes.type_text(model, shape.key, true), shapes.type_text(model, shape.value, brief))
  elseif kind == "structure" then
    return shape.document and "any value" or (shape.eventstream and "stream of " or "") .. reference.shape
  elseif shape.enum then
    return choice(shape.enum)
  end
  return (SCALARS[kind] or kind) .. (brief and "" or limits(shape))
end

-- The structure inside of lists and maps, nil when there is none.
local function structure_in(model, reference)
  local shape = models.resolve(model, reference)
  if shape.type == "list" then
    return structure_in(model, shape.member)
  elseif shape.type == "map" then
    return structure_in(model, shape.value)
  end
  return shape.type == "structure" and not shape.document and reference.shape or nil
end

-- Names of members: required ones first, both sorted.
function shapes.members(shape)
  local required, names = {}, {}
  for _, name in ipairs(shape.required or {}) do
    required[name] = true
  end
  for name in pairs(shape.members or {}) do
    names[#names + 1] = name
  end
  table.sort(names, function(a, b)
    if required[a] ~= required[b] then
      return required[a] == true
    end
    return a < b
  end)
  return names, required
end

local function add(list, shape_name, depth, indent)
  local shape = list.model.shapes[shape_name]
  local names, required = shapes.members(shape)
  list.shown[shape_name] = true
  for _, name in ipairs(names) do
    local reference = shape.members[name]
    local filled = reference.idempotencyToken and ", filled in when it is absent" or ""
    list[#list + 1] = ("%s%-" .. math.max(28 - #indent, 1) .. "s %s%s"):format(indent, name .. (required[name] and "*" or ""),
      shapes.type_text(list.model, reference, list.brief), filled)
    local inner = structure_in(list.model, reference)
    if inner and depth > 1 and not list.shown[inner] then
      add(list, inner, depth - 1, indent .. "  ")
    end
  end
end

-- Lines of the members of a structure, those of inner ones below them, `depth` levels of it and each structure once; * marks
-- what is required.
function shapes.lines(model, shape_name, depth, brief)
  local list = { model = model, shown = {}, brief = brief }
  if shape_name and model.shapes[shape_name].type == "structure" then
    add(list, shape_name, depth, "  ")
  end
  return table.move(list, 1, #list, 1, {})
end

return shapes
