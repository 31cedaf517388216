-- Several rules in one: the first that does not allow decides. Put their files beside this one, in scripts/policies.
local RULES = { require "policies.keep_tagged", require "policies.only_in_window", require "policies.snapshot_first" }

local aws = {}
for _, rule in ipairs(RULES) do
  for _, action in ipairs(rule.aws or {}) do aws[#aws + 1] = action end
end

return {
  aws = aws,

  may_terminate = function(...)
    for _, rule in ipairs(RULES) do
      local verdict, reason, terms = rule.may_terminate(...)
      if verdict ~= "allow" then return verdict, reason, terms end
    end
    return "allow"
  end,
}
