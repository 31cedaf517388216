-- The grammar of JSONPath: text to {root, steps}. jsonpath.lua says what the steps mean.
local json = require "json"
local lpeg = require "lpeg"

local P, R, S, V, C, Cc, Cg, Ct = lpeg.P, lpeg.R, lpeg.S, lpeg.V, lpeg.C, lpeg.Cc, lpeg.Cg, lpeg.Ct

local space = S " \t\r\n" ^ 0

local function token(text)
  return space * P(text) * space
end

local function tagged(kind, pattern)
  return Ct(Cg(Cc(kind), "kind") * pattern)
end

local escapes = { n = "\n", t = "\t", r = "\r", b = "\b", f = "\f" }

local function quoted(mark)
  local escape = P "\\" * (C(1) / function(character) return escapes[character] or character end)
  return P(mark) * lpeg.Cs(((escape) + (1 - S("\\" .. mark))) ^ 0) * P(mark)
end

local letter = R("az", "AZ", "\128\255") + P "_"
local digit = R "09"
-- Wider than the specification's examples: AWS takes names such as "a-b" and "1st" after a dot.
local name = C((letter + digit + S "-$") ^ 1)
local integer = C(P "-" ^ -1 * digit ^ 1) / math.tointeger
local number = C(P "-" ^ -1 * digit ^ 1 * (P "." * digit ^ 1) ^ -1 * (S "eE" * S "+-" ^ -1 * digit ^ 1) ^ -1) / tonumber
local string_literal = quoted "'" + quoted '"'
local word_end = -(letter + digit)

local grammar = P {
  "path",
  path = V "root" * Cg(Ct(V "step" ^ 0), "steps"),
  root = Cg(C(P "$$" + P "$" * (letter * (letter + digit) ^ 0) ^ -1), "root"),
  step = V "descend" + V "dotted" + V "bracket",
  descend = P ".." * tagged("descend", Cg(V "target", "target")),
  target = tagged("wildcard", P "*") + tagged("names", Cg(Ct(name), "names")) + V "bracket",
  dotted = P "." * (tagged("wildcard", P "*") + tagged("names", Cg(Ct(name), "names"))),
  bracket = token "[" * V "inside" * space * P "]",
  inside = tagged("wildcard", P "*")
    + tagged("names", Cg(Ct(string_literal * (token "," * string_literal) ^ 0), "names"))
    + V "slice"
    + tagged("indexes", Cg(Ct(integer * (token "," * integer) ^ 0), "indexes"))
    + tagged("filter", P "?" * token "(" * Cg(V "either", "test") * token ")"),
  slice = tagged("slice", Cg(integer, "from") ^ -1 * token ":" * Cg(integer, "to") ^ -1 * (token ":" * Cg(integer,
    "step") ^ -1) ^ -1),
  -- Filters: comparisons of "@..." and "$..." paths and literals, joined by && || ! and parentheses.
  either = tagged("or", V "both" * (token "||" * V "both") ^ 0),
  both = tagged("and", V "unit" * (token "&&" * V "unit") ^ 0),
  unit = tagged("not", token "!" * V "unit") + token "(" * V "either" * token ")" + V "comparison" + tagged("exists",
    V "operand"),
  comparison = tagged("compare", V "operand" * space * Cg(C(P "==" + "!=" + "<=" + ">=" + "<" + ">"),
    "operator") * space * V "operand")
    + tagged("in", V "operand" * space * Cg(C(P "nin" + "in"), "operator") * space * V "list"),
  list = token "[" * Ct((V "literal" * (token "," * V "literal") ^ 0) ^ -1) * token "]",
  operand = tagged("local", P "@" * Cg(Ct(V "step" ^ 0), "steps")) + tagged("global", P "$" * Cg(Ct(V "step" ^ 0), "steps"))
    + V "literal",
  literal = tagged("literal", Cg(number + string_literal + P "true" * word_end * Cc(true) + P "false" * word_end * Cc(false)
    + P "null" * word_end * Cc(json.null), "value")),
}

return Ct(grammar) * -1
