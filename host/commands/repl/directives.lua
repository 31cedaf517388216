-- What begins with a colon at the prompt: the session's own settings.
local clock = require "clock"
local config = require "config"
local scripts_folder = require "commands.repl.scripts_folder"

local directives = {}

local function say_setting(name, variable)
  print(("%s: %s"):format(name, config.get(variable) or "not set"))
end

local function switch(session, member, word, what)
  if word ~= "" and word ~= "on" and word ~= "off" then error("on or off, not " .. word, 0) end
  if word ~= "" then session[member] = word == "on" end
  print(("%s: %s"):format(what, session[member] and "on" or "off"))
end

-- name -> {arguments, what it does, function(session, rest of the line)}
local known = {
  write = { "[on|off]", "let AWS calls change something; each is asked for", function(session, word)
    switch(session, "write", word, "AWS writes")
  end },
  readonly = { "", "the same as :write off", function(session)
    session.write, session.yes = false, false
    print "AWS writes: off"
  end },
  yes = { "[on|off]", "do not ask before each AWS write", function(session, word)
    switch(session, "yes", word == "" and "on" or word, "AWS writes without asking")
  end },
  dry = { "[on|off]", "rehearse: show the AWS writes that would be made, make none", function(session, word)
    switch(session, "dry", word == "" and "on" or word, "dry run")
  end },
  trace = { "[on|off]", "a line for each AWS call: time, attempts, request id", function(session, word)
    switch(session, "trace", word == "" and (session.trace and "off" or "on") or word, "trace")
  end },
  profile = { "[NAME]", "the profile of the AWS configuration files", function(_, name)
    if name ~= "" then config.set("AWS_PROFILE", name) end
    say_setting("profile", "AWS_PROFILE")
  end },
  region = { "[REGION]", "the AWS region", function(_, name)
    if name ~= "" then config.set("AWS_REGION", name) end
    say_setting("region", "AWS_REGION")
  end },
  account = { "[ID ROLE [EXTERNAL-ID] | own]", "the account that aws.client works in", function(session, rest)
    local id, role, external = rest:match "^(%d%d%d%d%d%d%d%d%d%d%d%d)%s+(%S+)%s*(%S*)$"
    if id then
      session.account = { accountId = id, assumeRoleName = role, externalId = external ~= "" and external or nil }
    elseif rest == "own" then
      session.account = nil
    elseif rest ~= "" then
      error("twelve digits and the name of a role are needed, or own", 0)
    end
    local account = session.account
    print("account: " .. (account and account.accountId .. " as " .. account.assumeRoleName or "our own"))
  end },
  ["local"] = { "", "bring the local AWS along and work against it", function(session)
    session.world = session.world or require "commands.local_world".open()
    print(("the local AWS is at %s; its clock runs %g times as fast"):format(session.world.url, clock.speed()))
  end },
  edit = { "NAME", "a script, in the editor of VISUAL or EDITOR: endpoints/resume_execution", function(_, name)
    scripts_folder.edit(name)
  end },
  reload = { "", "forget the scripts that were required; the next require reads them again", function()
    print(("%d scripts forgotten"):format(scripts_folder.forget()))
  end },
  history = { "", "where the lines of earlier sessions are kept", function(session)
    print(session.history or "not kept")
  end },
}

--- The names, for completion.
function directives.names()
  local names = { "help", "quit" }
  for name in pairs(known) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function list()
  for _, name in ipairs(directives.names()) do
    local entry = known[name] or { "", name == "quit" and "end the session" or "this list" }
    print(("  %-38s %s"):format(":" .. name .. " " .. entry[1], entry[2]))
  end
end

--- Does what ":name rest" says; raises a string for what there is not. True when the session shall end.
function directives.run(session, line)
  local name, rest = line:match "^:([%w_]*)%s*(.-)%s*$"
  if name == "quit" or name == "q" then return true end
  if name == "help" or name == "" then return list() end
  local entry = known[name]
  if not entry then
    error(require "aws.nearest".message("there is no", ":" .. name, directives.names()) .. "; :help lists them", 0)
  end
  entry[3](session, rest)
end

return directives
