-- Cuts a PartiQL statement into tokens.

local keywords = require "local_aws.dynamodb.partiql.keywords"
local lpeg     = require "lpeg"

local Cc, Cg, Cp, Cs, Ct, P, R, S = lpeg.Cc, lpeg.Cg, lpeg.Cp, lpeg.Cs, lpeg.Ct, lpeg.P, lpeg.R, lpeg.S

local lexer = {}

local digit = R "09"
local word_start = R("az", "AZ") + S "_$"
local word = word_start * (word_start + digit) ^ 0
local number = (digit ^ 1 * (P "." * digit ^ 0) ^ -1 + P "." * digit ^ 1) * (S "eE" * S "+-" ^ -1 * digit ^ 1) ^ -1

-- Between quotes a quote is written twice.
local function quoted(quote)
  return P(quote) * Cs((P(quote .. quote) / quote + (1 - P(quote))) ^ 0) * P(quote)
end

-- Each token: {kind, text, start, stop}; stop is the place behind it.
local function token(kind, text)
  return Ct(Cg(Cc(kind), "kind") * Cg(Cp(), "start") * Cg(text, "text") * Cg(Cp(), "stop"))
end

local block_comment = P "/*" * (1 - P "*/") ^ 0 * P "*/"
local line_comment = P "--" * (1 - P "\n") ^ 0

local grammar = Ct((S " \t\r\n" ^ 1 + block_comment + line_comment + (
  token("word", lpeg.C(word))
  + token("name", quoted '"')
  + token("string", quoted "'")
  + token("number", lpeg.C(number))
  + token("parameter", lpeg.C "?")
  + token("operator", lpeg.C(P "<<" + ">>" + "<=" + ">=" + "<>" + "!=" + "||" + S "=<>(),.[]{}+-*/%:;"))
)) ^ 0) * Cp()

-- -> list of tokens, the last of kind "end"; nil where the text is none. An unquoted word is a "keyword" with its upper-case
-- form in `keyword`, or a "name".
function lexer.tokens(text)
  local tokens, behind = grammar:match(text)
  if behind <= #text then
    return nil
  end
  for _, each in ipairs(tokens) do
    if each.kind == "word" then
      local upper = each.text:upper()
      each.kind, each.keyword = keywords[upper] and "keyword" or "name", keywords[upper] and upper or nil
    end
  end
  tokens[#tokens + 1] = { kind = "end", text = "", start = #text + 1, stop = #text + 1 }
  return tokens
end

-- Where a token stands, as errors tell it: line:column:length.
function lexer.position(text, at)
  local before = text:sub(1, at.start - 1)
  local line = select(2, before:gsub("\n", "\n")) + 1
  return ("%d:%d:%d"):format(line, #before:match "[^\n]*$" + 1, at.stop - at.start)
end

return lexer
