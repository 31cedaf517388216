-- Cuts an expression into tokens, as DynamoDB does: the error texts quote tokens, so their borders matter.

local lpeg = require "lpeg"

local C, Cp, Ct, P, R, S = lpeg.C, lpeg.Cp, lpeg.Ct, lpeg.P, lpeg.R, lpeg.S

local lexer = {}

local letter, digit = R("az", "AZ"), R "09"
local word = letter + digit + "_"

-- Each token: {kind, text, start, stop}; stop is the place after it.
local function token(kind, pattern)
  return Ct(lpeg.Cg(lpeg.Cc(kind), "kind") * lpeg.Cg(Cp(), "start") * lpeg.Cg(C(pattern), "text") * lpeg.Cg(Cp(), "stop"))
end

local utf8_character = R("\0\127") + R("\192\255") * R("\128\191") ^ 0 + P(1)

local grammar = Ct((S " \t\r\n" ^ 1 + (
  token("name", letter * word ^ 0)
  + token("name_placeholder", "#" * word ^ 1)
  + token("value_placeholder", ":" * word ^ 1)
  + token("index", P "0" + R "19" * digit ^ 0)
  + token("operator", P "<=" + ">=" + "<>" + S "=<>(),.[]+-")
  + token("unknown", utf8_character)
)) ^ 0)

local KEYWORDS = {}
for _, keyword in ipairs { "AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE" } do
  KEYWORDS[keyword] = true
end

-- -> list of tokens, the last of kind "end". A token of kind "keyword" has its upper-case form in `keyword`.
function lexer.tokens(text)
  local tokens = grammar:match(text)
  for _, each in ipairs(tokens) do
    local upper = each.text:upper()
    if each.kind == "name" and KEYWORDS[upper] then
      each.kind, each.keyword = "keyword", upper
    end
  end
  tokens[#tokens + 1] = { kind = "end", text = "<EOF>", start = #text + 1, stop = #text + 1 }
  return tokens
end

return lexer
