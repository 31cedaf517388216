-- The code of a device, asked of whoever sits at the terminal.

local problem  = require "aws.credentials.problem"
local prompt   = require "prompt"
local terminal = require "terminal"

local mfa = {}

-- Raises when nobody can be asked: before anything is sent.
function mfa.check(profile_name)
  if not terminal.is_tty(0) or not terminal.is_tty(1) then
    problem("CREDENTIALS_MFA", "the profile '%s' wants a code from an MFA device, and nobody can be asked: standard input and "
      .. "output are no terminal. Get keys on one first, as with: aws configure export-credentials --profile %s", profile_name,
      profile_name)
  end
end

-- -> six digits; it blocks the program until they are typed.
function mfa.ask(serial)
  for _ = 1, 3 do
    local code = prompt.read(("Code of the MFA device %s: "):format(serial))
    code = code and code:gsub("%s+", "")
    if not code then
      break
    elseif code:find "^%d%d%d%d%d%d$" then
      return code
    end
    io.stderr:write("six digits are wanted\n")
  end
  problem("CREDENTIALS_MFA", "no code was given for the MFA device %s", serial)
end

return mfa
