-- credential_process: a program of the operator's that prints keys as JSON, run without a shell.

local answer     = require "aws.credentials.answer"
local lpeg       = require "lpeg"
local problem    = require "aws.credentials.problem"
local refresh    = require "aws.refresh"
local subprocess = require "subprocess"

local process = { name = "credential_process", of_profile = true }

local TIMEOUT = 60       -- seconds; a person may be asked for a code meanwhile
local LIMIT = 256 * 1024 -- bytes of its output

local NAMES = {
  id = "AccessKeyId", secret = "SecretAccessKey", token = "SessionToken", expires = "Expiration", account = "AccountId",
}

-- Words as a POSIX shell splits them: blanks between, '...' as it is, "..." and \ for what follows; nothing is expanded.
-- nil for a command that has no word, or a quote or backslash without its end.
local words_of
do
  local blank, any = lpeg.S " \t\r\n", lpeg.P(1)
  local single = "'" * lpeg.C((any - "'") ^ 0) * "'"
  local double = '"' * ("\\" * lpeg.C(lpeg.S '"\\$`') + lpeg.C(any - '"')) ^ 0 * '"'
  local bare = "\\" * lpeg.C(any) + lpeg.C(any - blank - lpeg.S "\\'\"")
  local word = lpeg.Ct((single + double + bare) ^ 1) / table.concat
  local command = lpeg.Ct(blank ^ 0 * (word * blank ^ 0) ^ 1) * -1

  function words_of(text)
    return command:match(text)
  end
end

-- What the program complained about, on one line, without what looks like a secret.
local function complaint(text)
  text = text:gsub("%c+", " "):gsub("^%s+", ""):gsub("%s+$", "")
  text = text:gsub("([%w_%-]*[Ss][Ee][Cc][Rr][Ee][Tt][%w_%-]*[\"']?%s*[:=]%s*)%S+", "%1***")
  text = text:gsub("([%w_%-]*[Tt][Oo][Kk][Ee][Nn][%w_%-]*[\"']?%s*[:=]%s*)%S+", "%1***")
  text = text:gsub("([%w_%-]*[Pp][Aa][Ss][Ss][Ww][Oo][Rr][Dd][%w_%-]*[\"']?%s*[:=]%s*)%S+", "%1***")
  return text == "" and "it says nothing" or #text > 400 and text:sub(1, 400) .. " ..." or text
end

local function run(who, words)
  words.timeout, words.limit = TIMEOUT, LIMIT
  local ran, result = pcall(subprocess.run, words)
  if not ran then
    problem("CREDENTIALS_PROCESS", "%s: %s", who, type(result) == "table" and result.message or tostring(result))
  elseif result.code ~= 0 then
    problem("CREDENTIALS_PROCESS", "%s failed with %s: %s", who,
      result.code and "exit code " .. result.code or "signal " .. result.signal, complaint(result.stderr))
  end
  return result.stdout
end

local function fetch(found, words)
  local who = ("the credential_process of the profile '%s' (%s)"):format(found.name, words[1])
  local value = answer.decode(who, run(who, words))
  if value.Version ~= 1 then
    problem("CREDENTIALS_PROCESS", "%s speaks version %s; 1 is known", who, tostring(value.Version))
  end
  return answer.keys(who, value, NAMES, "process of profile " .. found.name)
end

function process.find(chain)
  local found = chain:profile()
  local command = found.credential_process
  if not command then
    return nil, chain:lacks "credential_process"
  end
  local words = words_of(command)
  if not words then
    problem("CREDENTIALS_PROFILE", "the credential_process of the profile '%s' is no command: a word is missing, or a quote's "
      .. "end", found.name)
  end
  return refresh.shared("process\n" .. found.name .. "\n" .. command, "process of profile " .. found.name, function()
    return fetch(found, words)
  end)
end

return process
