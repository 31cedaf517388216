-- What begins with a colon at the prompt: the session's own settings.
local clock = require "clock"
local config = require "config"
local scripts_folder = require "commands.repl.scripts_folder"

local directives = {}

local function say(session, ...)
  session.console.print((...):format(select(2, ...)))
end

local function switch(session, member, word, what)
  if word ~= "" and word ~= "on" and word ~= "off" then error("on or off, not " .. word, 0) end
  if word ~= "" then session[member] = word == "on" end
  say(session, "%s: %s", what, session[member] and "on" or "off")
end

-- A setting of the whole program; one that a session at somebody's server has for itself is a member of the session.
local function setting(session, name, variable, value)
  if value ~= "" then config.set(variable, value) end
  say(session, "%s: %s", name, config.get(variable) or "not set")
end

local FOR_EVERYBODY = "would change the server for everybody; set it where the server is started"

-- name -> {arguments, what it does, function(session, rest of the line), own = why not at a server,
-- typed = true: it is done where the person types}
local known = {
  write = { "[on|off]", "let AWS calls change something; each is asked for", function(session, word)
    switch(session, "write", word, "AWS writes")
  end },
  readonly = { "", "the same as :write off", function(session)
    session.write, session.yes = false, false
    say(session, "AWS writes: off")
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
  profile = { "[NAME]", "the profile of the AWS configuration files", function(session, name)
    setting(session, "profile", "AWS_PROFILE", name)
  end, own = FOR_EVERYBODY },
  region = { "[REGION]", "the AWS region", function(session, name)
    if not session.attached then return setting(session, "region", "AWS_REGION", name) end
    session.region = name ~= "" and name or session.region
    say(session, "region: %s", session.region or config.get "AWS_REGION" or "not set")
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
    say(session, "account: %s", account and account.accountId .. " as " .. account.assumeRoleName or "our own")
  end },
  ["local"] = { "", "bring the local AWS along and work against it", function(session)
    session.world = session.world or require "commands.local_world".open()
    say(session, "the local AWS is at %s; its clock runs %g times as fast", session.world.url, clock.speed())
  end, own = FOR_EVERYBODY },
  edit = { "NAME", "a script, in the editor of VISUAL or EDITOR: endpoints/resume_execution", function(session, name)
    scripts_folder.edit(name, session.folder)
  end, typed = true },
  reload = { "", "forget the scripts that were required; the next require reads them again", function(session)
    say(session, "%d scripts forgotten", scripts_folder.forget())
  end, own = "is not needed at a server: a saved script is the one that is required next" },
  history = { "", "where the lines of earlier sessions are kept", function(session)
    say(session, "%s", session.history or "not kept")
  end, typed = true },
  quit = { "", "end the session", function(session) session.ended = true end, typed = true },
}
known.q = { "", nil, known.quit[3], typed = true }

--- The names, for completion.
function directives.names(session)
  local names = { "help" }
  for name, entry in pairs(known) do
    names[#names + 1] = entry[2] and not (session.attached and entry.own) and name or nil
  end
  table.sort(names)
  return names
end

local function list(session)
  for _, name in ipairs(directives.names(session)) do
    local entry = known[name] or { "", "this list" }
    say(session, "  %-38s %s", ":" .. name .. " " .. entry[1], entry[2])
  end
end

local function parse(line)
  return line:match "^%s*:([%w_]*)%s*(.-)%s*$"
end

--- Is ":name rest" done where the person types, and not where the rest is done?
function directives.is_typed(line)
  local entry = known[parse(line)]
  return entry ~= nil and entry.typed == true
end

--- Does what ":name rest" says; raises a string for what there is not.
function directives.run(session, line)
  local name, rest = parse(line)
  if name == "help" or name == "" then return list(session) end
  local entry = known[name]
  if entry and entry.own and session.attached then
    error((":%s %s"):format(name, entry.own), 0)
  elseif not entry then
    error(require "aws.nearest".message("there is no", ":" .. name, directives.names(session)) .. "; :help lists them", 0)
  end
  entry[3](session, rest)
end

return directives
