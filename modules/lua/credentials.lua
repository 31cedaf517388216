-- require "credentials": keys that can be used and not read (lua_credentials.c), and the chain that finds ours.
local _, core = ...

local credentials = { new = core.new }

-- credentials.resolve{profile=, region=} -> credentials, the source that they came from (aws/credentials.lua). It may wait.
-- Raises {code="CREDENTIALS_..."} with the reason of every provider.
function credentials.resolve(options)
  return require "aws.credentials".resolve(options)
end

return credentials
