-- Filters of JSONPath, "[?(@.a == 1 && !@.b)]": is a value one that the filter wants? `walk` is jsonpath.lua's, for the paths
-- inside.
local function operand(node, value, root, walk)
  if node.kind == "literal" then
    return node.value
  end
  local found
  walk(node.steps, 1, node.kind == "local" and value or root, root, function(match) if found == nil then found = match end end)
  return found
end

local compare = {
  ["=="] = function(a, b) return a == b end,
  ["!="] = function(a, b) return a ~= b end,
  ["<"] = function(a, b) return a < b end,
  ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
}

local function ordered(a, b)
  return type(a) == type(b) and (type(a) == "number" or type(a) == "string")
end

local test

local tests = {
  ["or"] = function(node, value, root, walk)
    for _, part in ipairs(node) do
      if test(part, value, root, walk) then
        return true
      end
    end
    return false
  end,
  ["and"] = function(node, value, root, walk)
    for _, part in ipairs(node) do
      if not test(part, value, root, walk) then
        return false
      end
    end
    return true
  end,
  ["not"] = function(node, value, root, walk) return not test(node[1], value, root, walk) end,
  exists = function(node, value, root, walk)
    if node[1].kind == "literal" then
      return node[1].value == true
    end
    return operand(node[1], value, root, walk) ~= nil
  end,
  compare = function(node, value, root, walk)
    local left, right = operand(node[1], value, root, walk), operand(node[2], value, root, walk)
    if left == nil or right == nil then
      return false
    end
    if node.operator == "==" or node.operator == "!=" or ordered(left, right) then
      return compare[node.operator](left, right)
    end
    return false
  end,
  ["in"] = function(node, value, root, walk)
    local left, member = operand(node[1], value, root, walk), false
    for _, literal in ipairs(node[2]) do
      member = member or literal.value == left
    end
    return member == (node.operator == "in")
  end,
}

function test(node, value, root, walk)
  return tests[node.kind](node, value, root, walk)
end

return test
