-- A person's home folder for one test of credentials: configuration files, caches, programs; with an STS, or whatever listens.
--
--   credentials_home.with({ config = "[profile p]\n...", settings = { AWS_PROFILE = "p" }, files = { [".aws/x"] = text } }, function(home)
--     home.path, home.keys("p")          the keys that the chain finds for this profile (nil: none is named)
--     home.refusal("p")                  the error that it raises instead
--   end)
local aws_settings = require "tests.support.aws_settings"
local credentials  = require "aws.credentials"
local program      = require "tests.support.program"
local subprocess   = require "subprocess"

local credentials_home = {}

local home = {}
home.__index = home

function home:write(name, text)
  local path = self.path .. "/" .. name
  subprocess.run { "mkdir", "-p", (path:match "^(.*)/") }
  local file <close> = assert(io.open(path, "wb"))
  file:write(text)
  return path
end

function home:read(name)
  local file <close> = assert(io.open(self.path .. "/" .. name, "rb"))
  return file:read "a"
end

-- A program in the folder; text: its lines after #!/bin/sh.
function home:program(name, text)
  local path = self:write(name, "#!/bin/sh\n" .. text)
  subprocess.run { "chmod", "700", path }
  return path
end

function home.keys(profile)
  return (credentials.resolve { profile = profile })
end

function home.refusal(profile)
  local found, problem = pcall(credentials.resolve, { profile = profile })
  assert(not found, "there are credentials")
  return problem
end

-- given: {config=, credentials= texts, settings={NAME = text}, files={name = text}}; in the texts, HOME is the folder.
function credentials_home.with(given, fn)
  local self = setmetatable({ path = program.folder() }, home)
  local function filled(text) return text and (text:gsub("HOME", self.path)) end
  local settings = { HOME = self.path, AWS_REGION = "eu-west-1" }
  for name, value in pairs(given.settings or {}) do settings[name] = filled(value) end
  for name, text in pairs(given.files or {}) do self:write(name, filled(text)) end
  credentials.forget()
  local fine, problem = xpcall(aws_settings.with, function(problem)
    return type(problem) == "string" and debug.traceback(problem, 2) or problem
  end, settings, { config = filled(given.config), credentials = filled(given.credentials) }, function() fn(self) end)
  credentials.forget()
  program.remove(self.path)
  if not fine then error(problem, 0) end
end

return credentials_home
