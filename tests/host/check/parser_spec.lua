-- The reader of Lua: every statement and expression of the grammar, names resolved as Lua resolves them.
local parser = require "check.parser"

local function parse(text)
  assert(load(text, "=test", "t"))
  return parser.parse(text)
end

local function first_value(text)
  local body = parse("return " .. text).body
  return body[#body].values[1]
end

-- An expression with every grouping written out.
local function shape(node)
  if node.kind == "binary" then return "(" .. shape(node.left) .. " " .. node.operator .. " " .. shape(node.right) .. ")" end
  if node.kind == "unary" then return "(" .. node.operator .. " " .. shape(node.operand) .. ")" end
  if node.kind == "index" then return shape(node.object) .. "." .. shape(node.key) end
  if node.kind == "call" then return shape(node.callee) .. "()" end
  if node.kind == "paren" then return shape(node.inner) end
  return tostring(node.value or node.name or node.kind)
end

describe("the reader of Lua", function()
  it("groups operators as the manual's table of precedence says", function()
    for text, wanted in pairs {
      ["a or b and c"] = "(a or (b and c))", ["a .. b .. c"] = "(a .. (b .. c))", ["2 ^ 3 ^ 2"] = "(2 ^ (3 ^ 2))",
      ["-x ^ 2"] = "(- (x ^ 2))", ["not a == b"] = "((not a) == b)", ["a + b * c - d"] = "((a + (b * c)) - d)",
      ["a < b and c > d"] = "((a < b) and (c > d))", ["1 .. 2 + 3"] = "(1 .. (2 + 3))", ["a | b ~ c & d << e"] = "(a | (b ~ (c & (d << e))))",
      ["2 ^ -x"] = "(2 ^ (- x))", ["#t // 2 % 3"] = "(((# t) // 2) % 3)", ["(a or b) and c"] = "((a or b) and c)",
    } do
      assert.equal(wanted, shape(first_value(text)))
    end
  end)

  it("reads numbers, strings, long strings and comments", function()
    for text, wanted in pairs {
      ["0xFF"] = 255, ["1.5e-3"] = 1.5e-3, ["0x1p-2"] = 0.25, [ [['a"b\n\u{e9}']] ] = "a\"b\n\u{e9}",
      ["[==[\ntwo\nlines]]]==]"] = "two\nlines]]", ["--[[ a\nb ]] 3 -- end"] = 3,
    } do
      assert.equal(wanted, first_value(text).value)
    end
    assert.equal(2, #parser.parse("#!/usr/bin/drsh\nlocal a <const>, b <close> = 1, nil goto top").body)
  end)

  it("resolves a name to the innermost declaration, and the rest to globals", function()
    local chunk = parse [[
      local x = x
      local function f(a, ...) return a, x, y, ... end
      for i = 1, 2 do local x = i end
      for k, v in pairs(f) do print(k, v) end
      repeat local done = true until done
      function f.g:h() return self end
    ]]
    local names = {}
    for _, node in ipairs(chunk.globals) do names[#names + 1] = node.name end
    assert.same({ "x", "y", "pairs", "print" }, names)
    assert.equal(3, #chunk.functions)
    local inner = chunk.functions[2].body[1].values
    assert.equal("x", inner[2].declaration.name)
    assert.equal(chunk, inner[2].declaration.owner)
    assert.equal("vararg", inner[4].kind)
  end)

  it("reads every Lua file of this repository", function()
    local count = 0
    local files = io.popen "find host modules scripts tests examples -name '*.lua'"
    for path in files:lines() do
      local file = assert(io.open(path))
      assert(parser.parse(file:read "a"), path)
      file:close()
      count = count + 1
    end
    files:close()
    assert.is_true(count > 200)
  end)
end)
