-- Takes secrets out of what is recorded: keys, tokens, external ids and account ids. Each is replaced by a name of its own, the
-- same wherever it comes again, also inside other texts (a token in the input of a state machine), so that pages and task
-- tokens still fit together. What was stripped is left alone when it comes again: so replayed calls look like recorded ones.
local json = require "json"
local placeholders = require "aws.placeholders"

local stripper = {}
stripper.__index = stripper

local SECRET = { "secret", "token", "password", "credential", "signature", "accesskey", "externalid", "authorization" }
local SHORTEST = 8 -- characters of a secret that is looked for inside other texts

local function is_secret(name)
  local lower = type(name) == "string" and name:lower() or ""
  for _, word in ipairs(SECRET) do
    if lower:find(word, 1, true) then return true end
  end
  return false
end

function stripper.new()
  return setmetatable({ names = {}, secrets = {}, accounts = {}, count = 0, account_count = 0 }, stripper)
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

-- "stripped-taskToken-3": what a secret was replaced by.
local function number_of(value)
  return tonumber(value:match "^stripped%-[%a_.]*%-(%d+)$")
end

function stripper:remember(secret, name)
  local number = number_of(secret)
  if number then
    self.count = math.max(self.count, number)
  elseif not self.names[secret] then
    self.count = self.count + 1
    self.names[secret] = ("stripped-%s-%d"):format(name:gsub("[^%a_.]", ""), self.count)
    if #secret >= SHORTEST then self.secrets[#self.secrets + 1] = secret end
  end
end

-- Learns the secrets of a value. `name`: the secret's, when all text in it is one (DynamoDB has values in tables: {S = "..."}).
function stripper:learn(value, name)
  if type(value) == "string" and name then
    self:remember(value, name)
  elseif type(value) == "table" and value ~= json.null then
    local by_name = placeholders.of(value, is_secret)
    for _, key in ipairs(sorted_keys(value)) do
      local inner = value[key]
      if key == "ExpressionAttributeValues" and type(inner) == "table" then
        for _, placeholder in ipairs(sorted_keys(inner)) do
          self:learn(inner[placeholder], name or by_name[placeholder] and "token" or nil)
        end
      else
        self:learn(inner, key ~= "N" and (name or is_secret(key) and key) or nil) -- DynamoDB's numbers are no secrets
      end
    end
  end
end

function stripper:account(id)
  if not self.accounts[id] then
    self.account_count = self.account_count + 1
    local digit = self.account_count % 10
    self.accounts[id] = self.account_count < 10 and tostring(digit):rep(12) or ("%012d"):format(self.account_count)
    self.accounts[self.accounts[id]] = self.accounts[id]
  end
  return self.accounts[id]
end

--- A text without what is known to be secret.
function stripper:text(value)
  if self.names[value] then return self.names[value] end
  for _, secret in ipairs(self.secrets) do
    local from, to = value:find(secret, 1, true)
    while from do
      value = value:sub(1, from - 1) .. self.names[secret] .. value:sub(to + 1)
      from, to = value:find(secret, from + #self.names[secret], true)
    end
  end
  return (value:gsub("%f[%d]%d%d%d%d%d%d%d%d%d%d%d%d%f[%D]", function(id) return self:account(id) end))
end

local function replaced(self, value)
  if type(value) == "string" then return self:text(value) end
  if type(value) ~= "table" or value == json.null then return value end
  local copy = json.is_array(value) and json.array {} or json.object {}
  for _, key in ipairs(sorted_keys(value)) do
    copy[type(key) == "string" and self:text(key) or key] = replaced(self, value[key])
  end
  return copy
end

--- A copy of a value without secrets.
function stripper:strip(value)
  self:learn(value)
  return replaced(self, value)
end

return stripper
